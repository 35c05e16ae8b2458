import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Findings, holdAgainst } from './scanner.ts'
import { ffuf, nmap, wapiti } from './scanners.ts'
import { sensitivePaths } from './sensitive-paths.ts'
import { isSignedIn, startTarget } from './target.ts'

/** Scanners ask faster than people; what is only turned away for that was not looked at. */
const patient = {
  PARLEY__LIMITS__HTTPREQUESTSPERSECONDPERADDRESS: '100000',
  PARLEY__LIMITS__SIGNINSPERMINUTEPERADDRESS: '100000',
  PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNT: '100000',
}
const scripts =
  `http-headers http-methods http-trace http-server-header http-security-headers http-cookie-flags http-cors http-enum http-git
  http-cross-domain-policy http-svn-info http-backup-finder http-passwd http-open-redirect http-open-proxy http-put http-webdav-scan http-ls
  http-userdir-enum http-internal-ip-disclosure http-jsonp-detection http-shellshock http-sql-injection http-phpself-xss http-errors
  http-unsafe-output-escaping http-default-accounts http-generator http-auth-finder http-csrf http-dombased-xss http-title http-php-version
  http-vuln-cve2010-0738 http-vuln-cve2017-5638 http-iis-webdav-vuln http-aspnet-debug http-apache-server-status`.split(/\s+/)
/** Scripts that only tell what they saw. */
const tales = ['http-headers', 'http-methods', 'http-title', 'http-security-headers']

test('the scripts of nmap for HTTP find nothing that was not looked at before (HTTP-06, WEB-06)', async (t) => {
  const target = await startTarget(t, patient)
  const told = await nmap(target, scripts)
  assert.doesNotMatch(told.get('http-headers') ?? '', /^\s*(Server|X-Powered-By|Set-Cookie|Access-Control-\S+):/im)
  assert.match(told.get('http-methods') ?? '', /^Supported Methods: GET HEAD$/)
  const found: Findings = new Map([...told].filter(([id, words]) => !tales.includes(id) && !/couldn't find any/i.test(words)))
  for (const [words] of (told.get('http-security-headers') ?? '').matchAll(/\S.* not configured.*/g)) found.set(words, words)
  holdAgainst('nmap, HTTP', found)
})

test('wapiti, signed in or not, gets nothing injected, and finds nothing that was not looked at before (HTTP-08, WEB-03, WEB-05, WEB-12)', async (t) => {
  const target = await startTarget(t, patient)
  const { cookie, room, log } = target
  const api = ['session', 'logins', 'rooms', 'accounts?prefix=a', `rooms/${room}/members`, `rooms/${room}/messages?limit=5&before=9`]
  const paths = ['login?next=/', 'invite/x', ...api.map((path) => `api/v1/${path}`)]
  const samePage = 'Sec-Fetch-Site: same-origin'
  holdAgainst('wapiti, not signed in', await wapiti(target, paths, [samePage]))
  // No link is followed: behind one of them it would sign itself out.
  holdAgainst('wapiti, signed in', await wapiti(target, paths, [samePage, `Cookie: ${cookie}`], 0))
  assert.equal(await isSignedIn(target), true)
  assert.doesNotMatch(log(), /"level":"(error|fatal)"/)
})

test('of hundreds of names under which servers leak files, ffuf finds none (HTTP-06)', async (t) => {
  const target = await startTarget(t, patient)
  holdAgainst('ffuf', await ffuf(target, sensitivePaths))
  holdAgainst('ffuf, signed in', await ffuf(target, sensitivePaths, [`Cookie: ${target.cookie}`]))
  assert.equal(await isSignedIn(target), true)
})
