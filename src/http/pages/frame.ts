import type { HttpSettings } from '../deps.ts'
import type { Assets } from './assets.ts'
import { type Html, html } from './html.ts'

/** What every page before the app shows, whatever it is for. */
export interface Frame {
  assets: Assets
  settings: Pick<HttpSettings, 'name'>
}

interface Page {
  title: string
  /** Under the name of the server. */
  quiet?: string | undefined
  body: Html
  script?: string
}

/** A page before the app: one card under the name of the server, no script needed. */
export const frame = ({ assets, settings }: Frame, { title, quiet, body, script }: Page): string =>
  `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} – ${settings.name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets.style}">
${script !== undefined && html`<script type="module" src="${script}"></script>`}
</head>
<body>
<main class="card">
<h1 dir="auto">${settings.name}</h1>
${quiet !== undefined && html`<p class="quiet">${quiet}</p>`}
<h2>${title}</h2>
${body}
</main>
</body>
</html>
`.text
  }`

/** Read out at once, and where the keyboard is. */
export const fault = (words: string | undefined): Html | undefined =>
  words === undefined ? undefined : html`<p class="error" role="alert" tabindex="-1" autofocus>${words}</p>`

interface Field {
  name: string
  label: string
  type?: 'text' | 'password'
  autocomplete: string
  value?: string | undefined
  hint?: string
  required?: boolean
  /** Where the keyboard starts; never when an error has it. */
  focus?: boolean
}

export const field = ({
  name,
  label,
  type = 'text',
  autocomplete,
  value,
  hint,
  required = true,
  focus = false,
}: Field): Html => html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${value ?? ''}" spellcheck="false" autocapitalize="none"${hint !== undefined && html` aria-describedby="${name}-hint"`}${required && html` required`}${focus && html` autofocus`}>
${hint !== undefined && html`<small id="${name}-hint">${hint}</small>`}
</div>`

/** What a person is asked for who gets an account: after a set-up link and after an invitation. */
export const personFields = ({ name, display }: { name?: string; display?: string | undefined }, focus: boolean): Html => html`${field({
  name: 'name',
  label: 'Name',
  autocomplete: 'username',
  value: name,
  hint: 'For signing in: letters, digits, dots, underscores and hyphens.',
  focus,
})}
${field({ name: 'display', label: 'What others see (may stay empty)', autocomplete: 'name', value: display, required: false })}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', hint: 'At least 15 characters. A few words are good.' })}`
