const lines = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim())

/** What a page that is not ours may say where it comes from; several values are several headers. */
export function hostileOrigins(port: number): (string | string[])[] {
  const [good, evil] = [`https://localhost:${port}`, 'https://evil.example']
  const table = lines(`
    null
    undefined
    [object Object]
    *
    __proto__
    constructor
    toString
    about:blank
    data:text/html,x
    javascript://localhost:${port}
    file://
    file:///
    file://localhost
    blob:${good}/x
    chrome-extension://abcdefghijklmnop
    capacitor://localhost
    app://localhost:${port}
    http://localhost:${port}
    ws://localhost:${port}
    wss://localhost:${port}
    ftp://localhost:${port}
    https://localhost
    https://localhost:
    https://localhost:1
    https://localhost:443
    https://localhost:0${port}
    ${good}0
    ${good}.
    ${good}/
    ${good}/ws
    ${good}?
    ${good}#
    ${good};
    ${good}%20
    ${good}%00
    ${good}.evil.example
    ${good}@evil.example
    ${good}:x@evil.example
    ${good} ${evil}
    ${evil} ${good}
    ${good}, ${evil}
    ${evil},${good}
    ${good}, ${good}
    ${evil}/${good}
    ${evil}?${good}
    ${evil}#${good}
    ${evil}\\@localhost:${port}
    "${good}"
    '${good}'
    <${good}>
    https://evil.example:${port}
    https://evillocalhost:${port}
    https://evil-localhost:${port}
    https://localhost.evil.example:${port}
    https://localhost.local:${port}
    https://localhost.:${port}
    https://sub.localhost:${port}
    https://*.localhost:${port}
    https://ada@localhost:${port}
    https://ada:secret@localhost:${port}
    https://@localhost:${port}
    https://localhost%2eevil.example:${port}
    https://localhost%00.evil.example:${port}
    https://%6cocalhost:${port}
    HTTPS://LOCALHOST:${port}
    Https://localhost:${port}
    https://LOCALHOST:${port}
    https://Localhost:${port}
    https://127.0.0.1:${port}
    https://127.1:${port}
    https://2130706433:${port}
    https://0x7f000001:${port}
    https://[::1]:${port}
    https://localhоst:${port}
    https://ⓛocalhost:${port}
    https://local\u200dhost:${port}
    https://localhost\u3002:${port}
    https://localhost:${port}\u0661
    https://xn--lcalhost-ozd:${port}
    https:localhost:${port}
    https:/localhost:${port}
    https:///localhost:${port}
    https:\\\\localhost:${port}
    //localhost:${port}
    ://localhost:${port}
    localhost:${port}
  `)
  const long = [`${good}${'a'.repeat(8000)}`, 'a'.repeat(8000), `https://${'localhost.'.repeat(700)}:${port}`]
  const twice = [
    [good, evil],
    [evil, good],
    [good, good],
    [evil, evil],
    ['', good],
    ['null', good],
  ]
  return ['', `${good}\u00a0`, `\ufeff${good}`, ...table, ...long, ...twice]
}

/** Names under which somebody else could reach this machine (DNS rebinding), or mislead a proxy in front. */
export function hostileHosts(port: number): (string | string[])[] {
  const good = `localhost:${port}`
  const table = lines(`
    evil.example
    evil.example:${port}
    localhost.evil.example:${port}
    evillocalhost:${port}
    ${good}.evil.example
    ${good}@evil.example
    ada@${good}
    ${good}, evil.example
    evil.example, ${good}
    ${good}/
    ${good}:${port}
    https://${good}
    localhost:
    localhоst:${port}
    local\u200dhost:${port}
    0.0.0.0:${port}
    192.168.1.1:${port}
    127.0.0.1.evil.example:${port}
    [::]:${port}
    [::1
    __proto__
    null
  `)
  // RFC 9112 §3.2: proxies differ in which of two they believe.
  const twice = [
    [good, 'evil.example'],
    ['evil.example', good],
    [good, good],
  ]
  return ['', 'a'.repeat(8000), ...table, ...twice]
}
