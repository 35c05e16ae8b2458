import type { Page } from 'playwright-core'

/** All that a page has kept in this browser, in every place where a script could find it, as one text; '' for nothing. */
export const storageOf = (page: Page): Promise<string> =>
  page.evaluate<string>(`(async () => {
    const kept = [document.cookie, ...[localStorage, sessionStorage].flatMap((one) => Object.entries(one).flat())]
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise((resolve, reject) => Object.assign(indexedDB.open(name), { onsuccess: ({ target }) => resolve(target.result), onerror: reject }))
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store).getAll()
        kept.push(JSON.stringify(await new Promise((resolve, reject) => Object.assign(all, { onsuccess: () => resolve(all.result), onerror: reject })))) 
      }
      db.close()
    }
    for (const name of await caches.keys()) kept.push(...(await (await caches.open(name)).keys()).map(({ url }) => url))
    for (const { active } of await navigator.serviceWorker.getRegistrations()) kept.push(active?.scriptURL)
    return kept.filter((one) => one && one !== '[]').join('\\n')
  })()`)
