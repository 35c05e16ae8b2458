/*
 * What a page that is not ours can try in the browser of somebody who is signed in with us. Each is a piece of script for that page, and comes
 * out as 'nothing', unless it got something: then as what it got.
 */

/** Bodies that a page may send: those that need no leave to be asked for first, and JSON, which does. */
const bodies: [string, string][] = [
  ['nothing', '{}'],
  ['JSON', `{ headers: { 'content-type': 'application/json' }, body: '{"name":"evil","kind":"public","text":"evil"}' }`],
  ['JSON called text', `{ headers: { 'content-type': 'text/plain' }, body: '{"name":"evil","kind":"public","text":"evil"}' }`],
  ['a form', `{ body: new URLSearchParams({ name: 'evil', password: 'evil evil evil evil' }) }`],
  ['a form in parts', `{ body: Object.assign(new FormData()) }`],
  ['our header', `{ headers: { 'x-parley-csrf': 'guess', 'content-type': 'application/json' }, body: '{}' }`],
]
const changes = ['ticket', 'token', 'logout', 'password', 'login', 'rooms', 'invites', 'setup', 'accounts']
const looks = ['session', 'rooms', 'logins', 'accounts?prefix=']

const fetching = (url: string, method: string, init: string, mode: string) =>
  `fetch('${url}', { method: '${method}', credentials: 'include', mode: '${mode}', ...(${init}) })
    .then(async (answer) => (answer.type === 'opaque' ? await answer.text() : 'it is ' + answer.type + ': ' + (await answer.text())) || 'nothing', () => 'nothing')`

const asking = (url: string, method: string) => `new Promise((resolve) => {
  const request = new XMLHttpRequest()
  request.open('${method}', '${url}')
  request.withCredentials = true
  request.onload = () => resolve(request.responseText || 'an answer')
  request.onerror = () => resolve('nothing')
  request.send('{}')
})`

/** An element that loads something, and says whether it got it. */
const loading = (name: string, fields: string) => `new Promise((resolve) => {
  const element = Object.assign(document.createElement('${name}'), ${fields})
  element.onload = element.oncanplay = () => resolve('${name} was loaded')
  element.onerror = () => resolve('nothing')
  document.body.append(element)
})`

const dialling = (url: string, protocols: string) => `new Promise((resolve) => {
  const socket = new WebSocket('${url.replace('https', 'wss')}/ws'${protocols})
  socket.onopen = () => resolve('it opened')
  socket.onclose = ({ code }) => resolve(code === 1006 ? 'nothing' : code)
})`

/** @param asset a file of the page that is there. @param room one that she is in. */
export function tricksOn(url: string, { asset, room }: { asset: string; room: string }): Record<string, string> {
  const api = (path: string) => `${url}/api/v1/${path}`
  const tricks: [string, string][] = [
    ...changes.flatMap((path) =>
      bodies.flatMap(([what, init]) =>
        ['cors', 'no-cors'].map((mode): [string, string] => [`POST ${path}, ${what}, ${mode}`, fetching(api(path), 'POST', init, mode)]),
      ),
    ),
    ...['cors', 'no-cors'].map((mode): [string, string] => [
      `a message, ${mode}`,
      fetching(
        api(`rooms/${room}/messages`),
        'POST',
        `{ headers: { 'content-type': 'text/plain' }, body: '{"key":"0123456789abcdef","text":"evil"}' }`,
        mode,
      ),
    ]),
    ...['DELETE', 'PUT', 'PATCH'].map((method): [string, string] => [`${method} logins`, fetching(api('logins'), method, '{}', 'cors')]),
    ...[...looks.map(api), `${url}/`, `${url}/login`, `${url}${asset}`, `${url}/livez`].flatMap((path) =>
      ['cors', 'no-cors', 'same-origin'].map((mode): [string, string] => [`GET ${path}, ${mode}`, fetching(path, 'GET', '{}', mode)]),
    ),
    ...looks.map((path): [string, string] => [`XHR ${path}`, asking(api(path), 'GET')]),
    ...changes.slice(0, 3).map((path): [string, string] => [`XHR POST ${path}`, asking(api(path), 'POST')]),
    [
      'an event source',
      `new Promise((resolve) => { const source = new EventSource('${api('session')}', { withCredentials: true })
      source.onopen = source.onmessage = () => resolve('it opened'); source.onerror = () => { source.close(); resolve('nothing') } })`,
    ],
    ['the session as a script', loading('script', `{ src: '${api('session')}' }`)],
    ['our script', loading('script', `{ src: '${url}${asset}' }`)],
    ['our script as a module', loading('script', `{ type: 'module', src: '${url}${asset}' }`)],
    ['our icon', loading('img', `{ src: '${url}/mark.svg' }`)],
    ['our icon with leave', loading('img', `{ crossOrigin: 'use-credentials', src: '${url}/mark.svg' }`)],
    ['a page as a style', loading('link', `{ rel: 'stylesheet', href: '${url}/' }`)],
    [
      'the session ahead of time',
      loading('link', `{ rel: 'preload', as: 'fetch', crossOrigin: 'use-credentials', href: '${api('session')}' }`),
    ],
    ['a film of the session', loading('video', `{ src: '${api('session')}' }`)],
    ['a beacon', `Promise.resolve(navigator.sendBeacon('${api('logout')}', 'csrf=guess') && 'nothing')`],
    ['a worker of ours', `Promise.resolve().then(() => new Worker('${url}${asset}')).then(() => 'it began', () => 'nothing')`],
    [
      'a service worker',
      `Promise.resolve().then(() => navigator.serviceWorker.register('${url}${asset}')).then(() => 'it is registered', () => 'nothing')`,
    ],
    ['an import', `import('${url}${asset}').then(() => 'it was imported', () => 'nothing')`],
    ['a socket', dialling(url, '')],
    ['a socket that knows the protocol', dialling(url, `, ['parley.v1']`)],
    ['a socket with a guess', dialling(url, `, ['parley.v1', 'parley.ticket.eyJhbGciOiJub25lIn0.e30.x']`)],
    ['a socket with other protocols', dialling(url, `, ['graphql-ws', 'parley.v0']`)],
  ]
  return Object.fromEntries(tricks)
}

/** Forms that a page can send without a script of its own being read back: to where, of which kind, with what. */
export const forms: [path: string, enctype: string, fields: Record<string, string>][] = [
  ['/login', 'application/x-www-form-urlencoded', { name: 'eve', password: 'whatever it may be' }],
  ['/logout', 'application/x-www-form-urlencoded', { csrf: 'guess' }],
  ['/register', 'application/x-www-form-urlencoded', { name: 'evil', password: 'whatever it may be' }],
  ['/api/v1/logout', 'text/plain', { '{"a":"': '"}' }],
  ['/api/v1/rooms', 'text/plain', { '{"name":"evil","kind":"public","x":"': '"}' }],
  ['/api/v1/ticket', 'multipart/form-data', { a: 'b' }],
]
