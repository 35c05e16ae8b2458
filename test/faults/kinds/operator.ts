import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putPair } from '../../support/premises.ts'
import { aWhile, type Fault, type Scene, within } from '../fault.ts'

const local = ({ node }: Pick<Scene, 'node'>) => join(node.folder, 'config/local.yaml')

/** What an operator does, rightly or not, while the house is full. */
export const operator: Record<string, Fault> = {
  reload: {
    words: 'the configuration is changed and read again',
    async play({ node, chance }) {
      writeFileSync(local({ node }), `server:\n  name: House ${chance.below(1000)}\ntoken:\n  life: ${5 + chance.below(5)}m\n`)
      await node.ask('reload')
    },
  },
  'reload-wrong': {
    words: 'a configuration with a slip is read again: refused, and nothing changes',
    async play({ node }) {
      writeFileSync(local({ node }), 'limits:\n  postsPerSecond: many\n  pending: 1\n')
      const refused = await node.ask('reload').then(
        () => false,
        () => true,
      )
      rmSync(local({ node }))
      if (!refused) throw new Error('a configuration with a slip was taken')
      await node.ask('reload')
    },
  },
  certificate: {
    words: 'a new certificate, and everybody comes anew',
    async play({ node, chance, deployment }) {
      putPair(node.folder, chance.pick(deployment.pairs))
      await node.ask('reload')
      node.road.cut()
    },
  },
  'certificate-wrong': {
    words: 'half a certificate is put in place: refused, the old one serves on',
    async play({ node, chance }) {
      const file = join(node.folder, 'certs/fullchain.pem')
      const good = readFileSync(file, 'utf8')
      writeFileSync(file, good.slice(0, good.length / 2))
      await node.ask('reload')
      node.road.cut()
      await aWhile({ chance }, 200)
      writeFileSync(file, good)
      await node.ask('reload')
    },
  },
  keys: {
    words: 'the keys of tokens and cookies are changed, and everybody comes anew',
    async play({ node }) {
      await node.ask('keysRotate')
      node.road.cut()
    },
  },
  backup: {
    words: 'a backup is made',
    on: 'sqlite',
    async play({ node }) {
      await node.ask('backup', { file: join(node.folder, 'safe.db'), force: true })
    },
  },
  restore: {
    words: 'a backup is made, much is said, the backup is put back',
    on: 'sqlite',
    async play({ node, oracle, chance }) {
      const since = await oracle.ask<number>({ ask: 'now' })
      await node.ask('backup', { file: join(node.folder, 'safe.db'), force: true })
      await aWhile({ chance }, 200)
      await within('the server ends', node.kill('SIGTERM'))
      await node.run('restore', join(node.folder, 'safe.db'))
      await oracle.ask({ ask: 'forgive', since })
      await node.start()
    },
  },
  rival: {
    words: 'a second server is started on the same store: refused',
    on: 'sqlite',
    async play({ node }) {
      const took = await node.run('serve').then(
        () => true,
        () => false,
      )
      if (took) throw new Error('two servers had one store')
    },
  },
}
