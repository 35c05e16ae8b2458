import { words } from '../words.ts'

const meta = globalThis.document?.querySelector<HTMLMetaElement>('meta[name=application-name]')

/** What this server is called: it wrote that into the page. */
export const instance = meta?.content || words.app
