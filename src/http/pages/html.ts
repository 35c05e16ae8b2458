/** Text that is markup already. Only the tag below makes it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Html | undefined | false | Value[]

/** html`<p>${words}</p>`: whatever is put in is text and gets escaped, unless it came from this tag itself. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? written(values[i]) : '')).join(''))
}

function written(value: Value): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(written).join('')
  return escaped(String(value))
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** Enough for text and for quoted attribute values; the tag is used nowhere else. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
