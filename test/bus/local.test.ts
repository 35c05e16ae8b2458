import { createLocalBus } from '../../src/bus/local.ts'
import { busContract } from './contract.ts'

busContract('the local bus', async (count) => {
  const bus = createLocalBus()
  return Array.from({ length: count }, () => bus)
})
