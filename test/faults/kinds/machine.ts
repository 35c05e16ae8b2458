import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { whereIs } from '../../setup.ts'
import { aWhile, type Fault, type Scene, within } from '../fault.ts'
import { noStrace, tamper } from '../strace.ts'

const log = ({ node }: Pick<Scene, 'node'>) => join(node.folder, 'data/parley.db-wal')
const syncs = 'fdatasync,fsync'

/** What a machine does to a process. */
export const machine: Record<string, Fault> = {
  'disk-full': {
    words: 'no room on the disk, then room again (strace: ENOSPC)',
    on: 'sqlite',
    missing: noStrace,
    async play({ node, chance }) {
      const heal = await tamper(node.pid, log({ node }), 'pwrite64:error=ENOSPC')
      await aWhile({ chance }, 200)
      await heal()
    },
  },
  'disk-slow': {
    words: 'each fsync takes 100 ms more (strace)',
    on: 'sqlite',
    missing: noStrace,
    async play({ node, chance }) {
      const heal = await tamper(node.pid, log({ node }), `${syncs}:delay_enter=100000`)
      await aWhile({ chance }, 300)
      await heal()
    },
  },
  'fsync-fails': {
    words: 'fsync says EIO, once: the process must end, and what was acknowledged be there (strace)',
    on: 'sqlite',
    missing: noStrace,
    async play({ node }) {
      const heal = await tamper(node.pid, log({ node }), `${syncs}:error=EIO:when=1`)
      try {
        await within('a server whose fsync has failed ends', node.ended())
      } finally {
        await heal()
      }
      await node.start()
    },
  },
  'no-files': {
    words: 'no file descriptor is left while many come',
    missing: () => (whereIs('prlimit') ? undefined : 'prlimit is not there'),
    async play({ node, oracle, chance }) {
      const open = readdirSync(`/proc/${node.pid}/fd`).length
      const usual = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${node.pid}/limits`, 'utf8'))?.[1] ?? ''
      const limit = (files: string) => execFileSync('prlimit', ['--pid', `${node.pid}`, `--nofile=${files}:`])
      limit(`${open + 3}`)
      const storm = oracle.ask({ ask: 'storm', size: 40 })
      await aWhile({ chance }, 300)
      limit(usual)
      node.road.cut()
      await storm
    },
  },
  clock: {
    words: 'the clock of the machine is two days ahead, then two days behind (faketime)',
    missing: () => (uptime() < 900 ? 'this machine has just started: its clock is still believed' : undefined),
    async play({ node, chance }) {
      // faketime looks once a second.
      node.clock('+2d')
      await aWhile({ chance }, 1000)
      node.clock('-2d')
      await aWhile({ chance }, 1000)
      node.clock('+0')
    },
  },
}
