import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icon.tsx'

type Native = Omit<JSX.IntrinsicElements['button'], 'label' | 'icon'>

/** An icon with a name: told to a screen reader, and shown as a tooltip. */
export const IconButton = ({ icon, label, class: extra, ...rest }: Native & { icon: IconName; label: string }) => (
  <button type="button" class={`icon-button ${extra ?? ''}`} aria-label={label} title={label} {...rest}>
    <Icon name={icon} />
  </button>
)

/** `main` is ink, `plain` is outlined, `danger` destroys something, `quiet` looks like a link. */
export const Button = ({
  look = 'plain',
  children,
  ...rest
}: Native & { look?: 'main' | 'plain' | 'danger' | 'quiet'; children: ComponentChildren }) => (
  <button type="button" class={`button ${look}`} {...rest}>
    {children}
  </button>
)
