import type { ComponentChildren } from 'preact'

/** Nothing here yet: one sentence, one thing to do. */
export const Empty = ({ title, hint = '', children }: { title: string; hint?: string; children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title" dir="auto">
      {title}
    </p>
    {hint === '' ? null : <p class="quiet">{hint}</p>}
    {children}
  </div>
)
