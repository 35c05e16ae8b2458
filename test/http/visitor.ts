import { Agent, request } from 'node:https'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** Answers of every shape are looked into. */
  json: ReturnType<typeof JSON.parse>
}

export interface Ask {
  method?: string
  headers?: Record<string, string | undefined>
  /** An object is sent as JSON, text as it is. */
  body?: object | string | Buffer
}

interface Base {
  port: number
  ca: string
  origin: string
  /** The address that it comes from; any of 127.0.0.0/8. */
  from?: string
}

/** One browser: its own cookies, and the headers that a browser sends with what our page asks. */
export class Visitor {
  readonly cookies = new Map<string, string>()
  csrf = ''
  readonly #base: Base
  readonly #agent: Agent

  constructor(base: Base) {
    this.#base = base
    this.#agent = new Agent({ ca: base.ca, keepAlive: true, ...(base.from !== undefined && { localAddress: base.from }) })
  }

  get cookieHeader(): string | undefined {
    return this.cookies.size === 0 ? undefined : [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
    const isText = typeof body === 'string' || Buffer.isBuffer(body)
    const bytes = body === undefined ? undefined : isText ? body : JSON.stringify(body)
    const all = {
      host: `localhost:${this.#base.port}`,
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      cookie: this.cookieHeader,
      ...(method !== 'GET' && { 'sec-fetch-site': 'same-origin', origin: this.#base.origin }),
      ...(this.csrf !== '' && { 'x-parley-csrf': this.csrf }),
      ...(bytes !== undefined && {
        'content-type': isText ? 'application/x-www-form-urlencoded' : 'application/json',
        'content-length': String(Buffer.byteLength(bytes)),
      }),
      ...headers,
    }
    const sent = Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
    return new Promise((resolve, reject) => {
      const req = request(
        { port: this.#base.port, host: '127.0.0.1', path, method, headers: sent, agent: this.#agent, servername: 'localhost' },
        (res) => {
          const chunks: Buffer[] = []
          res.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
          res.on('end', () => {
            for (const line of res.headers['set-cookie'] ?? []) this.#keep(line)
            const text = Buffer.concat(chunks).toString()
            const isJson = /json/.test(res.headers['content-type'] ?? '') && text !== ''
            resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: isJson ? JSON.parse(text) : undefined })
          })
        },
      )
      req.on('error', (error: NodeJS.ErrnoException) => {
        // The server had just given up a line that was idle for long: nothing was asked on it yet, as browsers know.
        if (req.reusedSocket && error.code === 'ECONNRESET')
          resolve(this.ask(path, { method, headers, ...(body !== undefined && { body }) }))
        else reject(error)
      })
      req.end(bytes)
    })
  }

  get = (path: string, headers: Record<string, string | undefined> = {}) => this.ask(path, { headers })
  post = (path: string, body?: object | string, headers: Record<string, string | undefined> = {}) =>
    this.ask(path, { method: 'POST', headers, ...(body !== undefined && { body }) })
  delete = (path: string) => this.ask(path, { method: 'DELETE' })

  async signIn(name: string, password: string): Promise<Answer> {
    const answer = await this.post('/api/v1/login', { name, password })
    if (answer.status === 200) this.csrf = answer.json.csrf
    return answer
  }

  close(): void {
    this.#agent.destroy()
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';', 1)
    const [name = '', ...value] = pair.split('=')
    if (/expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value.join('='))
  }
}
