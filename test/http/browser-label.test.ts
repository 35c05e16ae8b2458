import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserLabel } from '../../src/http/browser-label.ts'

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const linux = 'Mozilla/5.0 (X11; Linux x86_64)'
const android = 'Mozilla/5.0 (Linux; Android 10; K)'
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const ipad = 'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'

const seen: [string, string][] = [
  ['Chrome on Windows', `${windows} ${webkit} Chrome/156.0.0.0 Safari/537.36`],
  ['Chrome on macOS', `${mac} ${webkit} Chrome/156.0.0.0 Safari/537.36`],
  ['Chrome on Linux', `${linux} ${webkit} HeadlessChrome/156.0.0.0 Safari/537.36`],
  ['Chrome on Android', `${android} ${webkit} Chrome/156.0.0.0 Mobile Safari/537.36`],
  ['Chrome on ChromeOS', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/156.0.0.0 Safari/537.36`],
  ['Chrome on iPhone', `${iphone} CriOS/156.0.7204.33 Mobile/15E148 Safari/604.1`],
  ['Edge on Windows', `${windows} ${webkit} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`],
  ['Edge on Android', `${android} ${webkit} Chrome/156.0.0.0 Mobile Safari/537.36 EdgA/156.0.0.0`],
  ['Edge on iPad', `${ipad} Version/18.0 EdgiOS/156.0.3179.54 Mobile/15E148 Safari/605.1.15`],
  ['Opera on Linux', `${linux} ${webkit} Chrome/154.0.0.0 Safari/537.36 OPR/138.0.0.0`],
  ['Samsung Internet on Android', `${android} ${webkit} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`],
  ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0'],
  ['Firefox on iPhone', `${iphone} FxiOS/150.0 Mobile/15E148 Safari/605.1.15`],
  ['Safari on macOS', `${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`],
  ['Safari on iPad', `${ipad} Version/18.5 Mobile/15E148 Safari/604.1`],
]

test('people find their browser under the name by which they know it', () => {
  for (const [label, userAgent] of seen) assert.equal(browserLabel(userAgent), label, userAgent)
})

test('what names no browser gets no name of its own choosing', () => {
  assert.equal(browserLabel(undefined), 'Unknown browser')
  assert.equal(browserLabel('curl/8.14.1'), 'Unknown browser')
  assert.equal(browserLabel('<b>ada</b> (Linux)'), 'Browser on Linux')
  assert.equal(browserLabel(`${' '.repeat(512)}Firefox/150.0`), 'Unknown browser')
})
