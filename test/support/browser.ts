import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Certificates } from '../../src/tls/certificates.ts'
import { certificatesIn, launch, shared, type Wishes } from './chromium.ts'
import { type HouseOptions, startHouse, type TestHouse } from './house.ts'

const root = join(import.meta.dirname, '../..')
/** ms after which a story is stuck: a guard, never a measure. */
const guard = 60_000

/** Said by every page about itself: what the content security policy stopped there. */
const tellViolations = `addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
  console.error('securitypolicyviolation', effectiveDirective, blockedURI))`

/** All people of one file come from one address: limits on addresses would stop the story, not eve. */
const roomy = { PARLEY__LIMITS__SIGNINSPERMINUTEPERADDRESS: '10000', PARLEY__LIMITS__HTTPREQUESTSPERSECONDPERADDRESS: '5000' }

/**
 * A house and a real Chromium that trusts its CA because its certificate store was told to, as a person's would be: no check of
 * TLS is switched off. Whatever goes wrong on any page is remembered, and `calm` fails with it.
 */
export class Stage {
  house: TestHouse
  readonly browser: Browser
  /** Whom the browser trusts. */
  readonly ca: string
  readonly #folder: string
  readonly #certificates: Certificates
  readonly #options: HouseOptions
  readonly #strangers: Browser[] = []
  #trouble: string[] = []
  #expected: RegExp[] = []

  constructor(given: {
    house: TestHouse
    browser: Browser
    folder: string
    certificates: Certificates
    ca: string
    options: HouseOptions
  }) {
    this.house = given.house
    this.browser = given.browser
    this.#folder = given.folder
    this.#certificates = given.certificates
    this.ca = given.ca
    this.#options = given.options
  }

  get url(): string {
    return this.house.url
  }

  /** For another server on this machine that the browser trusts as well. */
  get tls(): object {
    return this.#certificates.options()
  }

  /** An empty page of a browser of its own: other cookies, other storage. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ baseURL: this.url, locale: 'en-GB', ...options })
    context.setDefaultTimeout(guard)
    await context.addInitScript(tellViolations)
    context.on('page', (page) => {
      page.on('console', (said) => void (said.type() === 'error' && this.#trouble.push(`${said.text()} (${page.url()})`)))
      page.on('request', (asked) => this.#ask(asked.url()))
      page.on('websocket', (socket) => this.#ask(socket.url().replace(/^ws/, 'http')))
      page.on('pageerror', (error) => void this.#trouble.push(`${error.stack ?? error.message} (${page.url()})`))
    })
    return context.newPage()
  }

  /** Whatever a page asks for comes from its own server: anything else is trouble. */
  #ask(url: string): void {
    const { protocol, origin } = new URL(url)
    if (/^https?:$/.test(protocol) && origin !== new URL(this.url).origin) this.#trouble.push(`asked elsewhere: ${url}`)
  }

  /** A page of a browser that was told to trust nobody. */
  async stranger(): Promise<Page> {
    this.#strangers.push(await launch(join(this.#folder, 'stranger')))
    return (this.#strangers.at(-1) as Browser).newPage()
  }

  /** What a browser says about a fault that belongs to the story, until the next `calm`. */
  expects(...said: RegExp[]): void {
    this.#expected.push(...said)
  }

  /** Everything said since the last time. */
  takeTrouble(): string[] {
    const said = this.#trouble.filter((one) => !this.#expected.some((pattern) => pattern.test(one)))
    this.#trouble = []
    this.#expected = []
    return said
  }

  /** Closes every page. Fails if a page had an error, or a policy was broken, that the story did not expect. */
  async calm(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()))
    assert.deepEqual(this.takeTrouble(), [])
    assert.deepEqual(this.logged('csp_violation'), [])
  }

  /** The server's log lines of one event. */
  logged(event: string): Record<string, unknown>[] {
    return this.house.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line.event === event)
  }

  /** The server goes away. */
  async stop(): Promise<void> {
    await this.house.close()
  }

  /** The server comes back: same folder, same port, same certificate. */
  async restart(): Promise<void> {
    const settings = { ...this.#options.settings, PARLEY__SERVER__PORT: new URL(this.url).port }
    this.house = await startHouse({ ...this.#options, settings })
  }

  async close(): Promise<void> {
    for (const browser of [this.browser, ...this.#strangers]) await browser.close()
    await this.house.close()
    this.#certificates.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface StageOptions extends Wishes, Pick<HouseOptions, 'settings' | 'clock'> {}

export async function openStage({ settings, clock, ...wishes }: StageOptions = {}): Promise<Stage> {
  assert.ok(existsSync(join(root, 'src/web/dist/index.html')), 'The page is not built: npm run build')
  const folder = mkdtempSync(join(tmpdir(), 'parley-stage-'))
  const common = shared()
  const dir = common?.certs ?? join(folder, 'certs')
  const certificates = await certificatesIn(dir)
  const ca = readFileSync(join(dir, 'ca.pem'), 'utf8')
  const tls = { options: certificates.options(), ca }
  const options = { ...(clock && { clock }), settings: { ...roomy, ...settings }, folder: join(folder, 'house'), tls }
  const house = await startHouse(options)
  const browser = await launchWhole(house.url, (attempt) =>
    common && attempt === 1 && !wishes.keepsPages
      ? chromium.connect(common.endpoint)
      : launch(join(folder, `home-${attempt}`), join(dir, 'ca.pem'), wishes),
  )
  return new Stage({ house, browser, folder, certificates, ca, options })
}

/** On a busy machine Chromium now and then ends by itself at its first page. Nothing of the story has been shown by then: another is started. */
async function launchWhole(url: string, launched: (attempt: number) => Promise<Browser>): Promise<Browser> {
  for (let attempt = 1; ; attempt++) {
    let browser: Browser | undefined
    try {
      browser = await launched(attempt)
      const context = await browser.newContext()
      await (await context.newPage()).goto(`${url}/.well-known/jwks.json`)
      await context.close()
      return browser
    } catch (error) {
      await browser?.close().catch(() => undefined)
      if (attempt === 3 || !/has been closed|crashed|ECONNREFUSED/.test(String(error))) throw error
      process.stderr.write(`Chromium has ended by itself, and another is started: ${error}\n`)
    }
  }
}
