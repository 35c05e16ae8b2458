import { bus } from './kinds/bus.ts'
import { store } from './kinds/store.ts'
import { playShort } from './short.ts'

/** Those that take long. */
const elsewhere = new Set(['store-full-house', 'store-cancelled', 'store-failover', 'store-cut-long', 'bus-failover'])

const names = ['kill', 'stop', 'login-ended', 'keys', ...Object.keys(bus), ...Object.keys(store)]
playShort(
  'harm to three nodes, their database and their bus',
  'cluster',
  names.filter((name) => !elsewhere.has(name)),
)
