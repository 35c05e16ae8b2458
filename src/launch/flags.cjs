'use strict'

/**
 * What the server's Node is started with. A wider nursery: what lives for one batch of messages dies before it is looked
 * at, instead of being copied twice and kept until the next big sweep. `npm run bench -- many-rooms --beside` one without it shows
 * what it brings; an idle connection costs no more (`idle-2500`: 68.7 KB, and 70.2 without).
 */
const serverFlags = ['--max-semi-space-size=64']

module.exports = { serverFlags }
