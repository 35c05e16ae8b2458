import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { verdictOn } from '../../src/ops/cli/exit.ts'
import { runCommand } from '../../src/ops/cli/program.ts'
import { textOf } from './parley.ts'

async function says(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const load = {
    house: () => assert.fail('help opens nothing'),
    startServer: () => assert.fail('help starts nothing'),
    bench: () => assert.fail('help measures nothing'),
    check: () => assert.fail('nor does it check anything'),
  }
  const code = await runCommand(args, { root: '/nowhere', env: {}, stdin: new PassThrough(), stdout, stderr, load })
  return { code, stdout: await textOf(stdout.end()), stderr: await textOf(stderr.end()) }
}

const part = (help: string, title: string): string => (help.split(`\n${title}:\n`)[1] ?? '').split('\n\n')[0] ?? ''

const commandsIn = (help: string): string[] =>
  [...part(help, 'Commands').matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name as string).filter((name) => name !== 'help')

/** The words of each: `['account', 'add']`, `['serve']`. */
async function allCommands(): Promise<string[][]> {
  const all: string[][] = []
  for (const group of commandsIn((await says('--help')).stdout)) {
    const inside = commandsIn((await says(group, '--help')).stdout)
    all.push(...(inside.length > 0 ? inside.map((name) => [group, name]) : [[group]]))
  }
  return all
}

async function allPages(): Promise<{ words: string[]; code: number; stdout: string; stderr: string }[]> {
  const commands = await allCommands()
  const groups = [...new Set(commands.filter(({ length }) => length > 1).map(([group]) => group as string))]
  const asked = [[], ...groups.map((group) => [group]), ...commands]
  return Promise.all(asked.map(async (words) => ({ words, ...(await says(...words, '--help')) })))
}

test('every command that is promised is there, and no other', async () => {
  const promised = `
    account add · account disable · account enable · account list · account password · account role · audit export · audit verify ·
    backup · bench · certs import · certs new · certs status · check · config check · config explain · config show ·
    doctor · drain · invite · keys list · keys retire · keys rotate · login end · login list · reload · restore · room add ·
    room archive · room list · serve · status · store migrate · store restored · token issue`
  const names = (await allCommands()).map((words) => words.join(' ')).sort()
  assert.deepEqual(
    names,
    promised.split('·').map((name) => name.trim()),
  )
})

test('every command says what it does, how it is used, and shows two examples', async () => {
  for (const { words, code, stdout, stderr } of await allPages()) {
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, new RegExp(`^Usage: ${['parley', ...words].join(' ')} .*\n\n[A-Z][^]*?\\.\n\n`))
    const examples = part(stdout, 'Examples').match(/\bparley \w/g) ?? []
    assert.ok(examples.length >= 2, `${words.join(' ')} shows ${examples.length} examples`)
    assert.ok(!/\t|undefined/.test(stdout))
  }
})

test('every command that answers speaks JSON', async () => {
  for (const words of await allCommands()) {
    if (words[0] !== 'serve') assert.match((await says(...words, '--help')).stdout, /^ {2}--json +print /m, words.join(' '))
  }
})

test('every example in the help is a command that exists, with options that it has', async () => {
  const commands = await allCommands()
  for (const { stdout } of await allPages()) {
    for (const [, line = ''] of part(stdout, 'Examples').matchAll(/\bparley ([a-z].*?)(?: [|<&].*)?$/gm)) {
      const command = commands.find((words) => `${line} `.startsWith(`${words.join(' ')} `))
      assert.ok(command, line)
      const help = (await says(...command, '--help')).stdout
      for (const [option] of line.matchAll(/--[a-z-]+/g)) assert.ok(help.includes(` ${option} `), line)
    }
  }
})

test('parley alone shows what one does most', async () => {
  const { code, stdout } = await says()
  assert.equal(code, 0)
  for (const task of ['serve', 'account add', 'room add', 'login end', 'config check', '--help'])
    assert.match(stdout, new RegExp(`parley ${task}`))
})

test('a file that cannot be used is named, before anything is asked', async () => {
  const bench = (...more: string[]) => says('bench', '--url', 'https://chat.example', '--tokens', ...more)
  const left = [await bench('/nowhere/tokens'), await bench('package.json', '--ca', 'package.json')]
  assert.deepEqual(
    left.map(({ code, stderr }) => [code, stderr]),
    [
      [2, '/nowhere/tokens cannot be read (ENOENT).\n'],
      [2, 'package.json holds no certificate.\n'],
    ],
  )
})

test('a place that cannot be is told by what to set', () => {
  const told = (fault: object) => verdictOn(Object.assign(new Error('as the system says it'), fault)).words ?? ''
  assert.match(
    told({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: '192.0.2.1' }),
    /no address 192\.0\.2\.1\. Set server\.host, or ops\.host/,
  )
  assert.match(told({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'gone.invalid' }), /no address gone\.invalid/)
  assert.match(told({ code: 'EACCES', syscall: 'mkdir', path: '/x' }), /^The folder \/x cannot be made \(EACCES\)\. Set data\.dir/)
  assert.match(told({ errcode: 14 }), /file of the store cannot be opened/)
})

test('the help of every command is as it was read over', async (t) => {
  const pages = (await allPages()).map(({ stdout }) => stdout)
  t.assert.snapshot(pages.join('\n────\n'), { serializers: [(text) => String(text)] })
})
