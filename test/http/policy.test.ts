import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CspEvaluator } from 'csp_evaluator/dist/evaluator.js'
import { Severity } from 'csp_evaluator/dist/finding.js'
import { CspParser } from 'csp_evaluator/dist/parser.js'
import { type House, openHouse } from './house.ts'
import type { Answer, Visitor } from './visitor.ts'

let house: House
let ada: Visitor
before(async () => {
  house = await openHouse()
  ada = await house.guest('ada')
})
after(() => house.close())

/** Findings that are medium or worse; for the evaluator a smaller number is worse. */
const findings = (policy: string) =>
  new CspEvaluator(new CspParser(policy).csp)
    .evaluate()
    .filter(({ severity }) => severity <= Severity.MEDIUM)
    .map(({ directive, description }) => `${directive}: ${description}`)

const kinds: [string, number, () => Promise<Answer>][] = [
  ['the app', 200, () => ada.get('/')],
  ['the sign-in', 200, () => house.visitor().get('/login')],
  ['a page that is not there', 404, () => ada.get('/nothing', { accept: 'text/html' })],
  ['the API', 200, () => ada.get('/api/v1/session')],
  ['a refusal of the API', 401, () => house.visitor().get('/api/v1/session')],
  ['a file', 200, () => ada.get('/mark.svg')],
]
for (const [name, status, ask] of kinds) {
  test(`nothing is wrong with the policy of ${name} (WEB-03)`, async () => {
    const answer = await ask()
    const policy = String(answer.headers['content-security-policy'])
    assert.equal(answer.status, status)
    assert.deepEqual(findings(policy), [])
    assert.equal(answer.headers['content-security-policy-report-only'], undefined)
    assert.match(policy, /(^|;)default-src 'none'(;|$)/)
    assert.match(policy, new RegExp(`connect-src 'self' wss://localhost:${house.port}(;|$)`), 'our own socket and no other')
    assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  })
}

test('the evaluator knows bad policies: these tests can fail', () => {
  for (const bad of [
    "script-src 'self' 'unsafe-inline'",
    "default-src 'self'; script-src *",
    "script-src 'self' https://www.google.com",
    "script-src 'self'",
  ])
    assert.notDeepEqual(findings(bad), [], bad)
})
