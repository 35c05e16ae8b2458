import { signal } from '@preact/signals'

export type Route = { page: 'home' } | { page: 'room'; room: string; seq?: number } | { page: 'logins' }

/** What an address means; anything unknown is home. */
export function readRoute(path: string): Route {
  if (path === '/logins') return { page: 'logins' }
  const found = /^\/r\/([A-Za-z0-9_-]{1,64})(?:\/(\d{1,15}))?$/.exec(path)
  if (found?.[1] === undefined) return { page: 'home' }
  return found[2] === undefined ? { page: 'room', room: found[1] } : { page: 'room', room: found[1], seq: Number(found[2]) }
}

export const roomPath = (room: string, seq?: number): string => (seq === undefined ? `/r/${room}` : `/r/${room}/${seq}`)

export const route = signal<Route>({ page: 'home' })

/** Shows another page of the app; `replace` leaves no step to go back to. */
export function go(path: string, replace = false): void {
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path)
  route.value = readRoute(path)
}

/** Follows the address bar, and turns plain clicks on the app's own links into steps inside it. */
export function followAddress(): void {
  route.value = readRoute(location.pathname)
  addEventListener('popstate', () => {
    route.value = readRoute(location.pathname)
  })
  addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return
    if (link.origin !== location.origin || link.target !== '' || link.hash !== '') return
    if (link.pathname !== '/' && readRoute(link.pathname).page === 'home') return
    event.preventDefault()
    go(link.pathname)
  })
}
