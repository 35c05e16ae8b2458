#!/usr/bin/env node
'use strict'
/*
 * The way in: `node src/launch.cjs COMMAND …`, which npm's scripts call. It sees to the packages, to a Node that is new
 * enough and, for `serve`, to the page; then it runs src/main.ts. Plain old JavaScript without packages, because it
 * is what an old Node without packages meets first: `node src/main.ts` on such a one could not even be parsed.
 *
 *   node src/launch.cjs serve            the server, and any other command
 *   node src/launch.cjs --run TOOL …     a tool out of node_modules, or node itself, on the right Node
 *   node src/launch.cjs --page           builds the page when it is out of date
 */
const path = require('node:path')
const { ensurePackages } = require('./launch/packages.cjs')
const { serverFlags } = require('./launch/flags.cjs')
const { chooseNode, warnOfOldNode } = require('./launch/node.cjs')
const { ensurePage } = require('./launch/page.cjs')
const { become, run, toolScript } = require('./launch/run.cjs')
const { say, Stop } = require('./launch/say.cjs')

const root = path.dirname(__dirname)

async function launch(args) {
  await ensurePackages(root)
  const node = chooseNode(root)
  const [command] = args
  if (command === '--run') return run(node.file, toolScript(root, args[1]).concat(args.slice(2)), root)
  if (command === '--page') return ensurePage(root, node.file)
  if (command === 'serve' && !args.includes('--help')) {
    warnOfOldNode(node.version)
    await ensurePage(root, node.file)
  }
  const flags = command === 'serve' ? serverFlags : []
  return become(node.file, flags.concat(path.join(root, 'src', 'main.ts'), args), root)
}

launch(process.argv.slice(2)).catch((error) => {
  say(error instanceof Stop ? error.message : error.stack)
  process.exitCode = error instanceof Stop ? error.exitCode : 1
})
