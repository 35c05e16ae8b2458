'use strict'

/**
 * What the server's Node is started with. A wider nursery: what lives for one batch of messages dies before it is looked
 * at, instead of being copied twice and kept until the next big sweep (`npm run bench -- many-rooms --beside` one with 16 MB, Node's own:
 * CPU a delivery +9 %; `fan-out-64` shows nothing of it). In quiet times src/ops/nursery.ts gives it back, for which it has to be let.
 */
const serverFlags = ['--max-semi-space-size=64', '--expose-gc']

module.exports = { serverFlags }
