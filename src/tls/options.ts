import { constants } from 'node:crypto'
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { Pair } from './pair-files.ts'

export type MinVersion = '1.2' | '1.3'

/** AEAD with forward secrecy and nothing else (ASVS 5.0 12.1.2); Node's own list offers CBC and RSA key exchange to TLS 1.2. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** The first keeps what is recorded today secret from a quantum computer of later; the others are for older clients. */
const wantedGroups = ['X25519MLKEM768', 'X25519', 'P-256']

// One unknown name makes OpenSSL refuse the whole list.
const groups = wantedGroups.filter(isKnownGroup).join(':')

const ticketSeconds = 3600
const handshakeMs = 10_000

/**
 * Every option of TLS, for `https.createServer` and for each `setSecureContext` after it. What a swap does not pass
 * again falls back to Node's default: without `minVersion` it would silently allow TLS 1.2 again.
 * @param ticketKeys 48 random bytes, the same for the life of the process, so that a swap ends no session that could be resumed.
 */
export const tlsOptions = (
  { cert, key }: Pair,
  { minVersion, ticketKeys }: { minVersion: MinVersion; ticketKeys: Buffer },
): SecureContextOptions & TlsOptions => ({
  cert,
  key,
  minVersion: `TLSv${minVersion}`,
  maxVersion: 'TLSv1.3',
  ciphers,
  honorCipherOrder: true,
  // A phone without AES in hardware that puts ChaCha20 first gets it, although our order holds.
  secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA | constants.SSL_OP_NO_RENEGOTIATION,
  ecdhCurve: groups,
  ALPNProtocols: ['http/1.1'],
  ticketKeys,
  sessionTimeout: ticketSeconds,
  handshakeTimeout: handshakeMs,
})

function isKnownGroup(group: string): boolean {
  try {
    createSecureContext({ ecdhCurve: group })
    return true
  } catch {
    return false
  }
}
