const many = [
  'HANDSHAKESPERSECONDPERADDRESS',
  'CONNECTIONSPERLOGIN',
  'CONNECTIONSPERACCOUNT',
  'FRAMESPERSECOND',
  'POSTSPERSECOND',
  'POSTBURST',
]

/** Settings of a house where nobody is too quick and nobody too many: what is tried there is something else. */
export const unhurried = (...more: string[]): Record<string, string> =>
  Object.fromEntries([...many, ...more].map((name) => [`PARLEY__LIMITS__${name}`, '100000']))
