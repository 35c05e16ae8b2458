import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
export const themes: readonly Theme[] = ['system', 'light', 'dark']

const name = 'parley.theme'
const isTheme = (given: string | null): given is Theme => themes.some((theme) => theme === given)

export const theme = signal<Theme>('system')

export function setTheme(given: Theme): void {
  theme.value = given
  if (given === 'system') {
    localStorage.removeItem(name)
    delete document.documentElement.dataset['theme']
  } else {
    localStorage.setItem(name, given)
    document.documentElement.dataset['theme'] = given
  }
}

/** Before the first paint. */
export function restoreTheme(): void {
  const kept = localStorage.getItem(name)
  if (isTheme(kept)) setTheme(kept)
}
