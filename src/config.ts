/**
 * The settings of Parley: read once, checked together, explained. This is the only reader of config/ and of the
 * environment; the rooms of the house get plain values.
 */
export { type Address, addressOf, isLoopback, typedHosts } from './config/address.ts'
export { type Explained, explainSettings, settingMeant } from './config/explain.ts'
export { ConfigFaults, didYouMean, type Fault, sayFault } from './config/faults.ts'
export { type Config, type Origins, type Reading, readConfig, type StorePlace, storeFile } from './config/read.ts'
export { withoutRestart } from './config/reload.ts'
export { checkConfig, compareConfigs, type Described, describeConfig } from './config/show.ts'
