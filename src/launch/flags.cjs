'use strict'

/**
 * What the server's Node is started with. A wider nursery: what lives for one batch of messages dies before it is looked
 * at, instead of being copied twice and kept until the next big sweep.
 */
const serverFlags = ['--max-semi-space-size=64']

module.exports = { serverFlags }
