import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Node } from './node.ts'
import { startSingle } from './single.ts'
import { noStrace } from './strace.ts'
import { acknowledgedUnderTrace, type Talk, talks, tooEarly } from './traced.ts'

const skip = noStrace() ?? false

async function traced(t: TestContext, talk: Talk, env: Record<string, string> = {}) {
  const deployment = await startSingle({ doomed: 0, env })
  t.after(() => deployment.close())
  return acknowledgedUnderTrace({ ...talk, deployment, pids: () => [(deployment.nodes[0] as Node).pid] })
}

for (const { how, ...talk } of talks) {
  test(`what is acknowledged has been synced before: no power cut takes it away (${how})`, { skip }, async (t) => {
    const seen = await traced(t, talk)
    assert.equal(seen.acknowledged.size, talk.posts)
    assert.deepEqual(tooEarly(seen), [])
  })
}

test('a store that does not wait for its sync is seen: so would we be', { skip }, async (t) => {
  // What better-sqlite3 does unless it is told otherwise; and the check at the start, which would refuse it, is deceived.
  const script = `import { DatabaseSync } from 'node:sqlite'
    const { exec, prepare } = DatabaseSync.prototype
    DatabaseSync.prototype.exec = function (sql) { return exec.call(this, sql.replace('synchronous = full', 'synchronous = normal')) }
    DatabaseSync.prototype.prepare = function (sql) {
      return sql === 'pragma synchronous' ? prepare.call(this, 'select 2 as synchronous') : prepare.call(this, sql)
    }`
  const env = { NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(script)}"` }
  const seen = await traced(t, { posts: 20, atOnce: 1 }, env)
  assert.ok(tooEarly(seen).length > 10, 'most came early')
})
