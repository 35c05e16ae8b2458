/** One stroke set: 20 px, 1.5 px lines. Never alone: whoever uses one brings the words. */
const strokes = {
  lock: 'M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  hash: 'M8 3 6.5 17M13.5 3 12 17M3.5 7.5h13.5M3 12.5h13.5',
  people: 'M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 17c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5',
  plus: 'M10 4v12M4 10h12',
  search: 'M9 14.5A5.5 5.5 0 1 0 9 3.500a5.5 5.5 0 0 0 0 11ZM13 13l4 4',
  close: 'm5 5 10 10M15 5 5 15',
  back: 'M12 4 6 10l6 6',
  down: 'M10 4v12m-5-5 5 5 5-5',
  up: 'M10 16V4M5 9l5-5 5 5',
  send: 'M3.500 10 17 3.500 13 17l-3-5.500z',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4.500l3 1.500',
  check: 'm5 10.500 3.500 3.500L15.500 6.500',
  failed: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6.500v4.500M10 13.300v.2',
  smile: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7 11.500c1.500 2 4.500 2 6 0M7.500 8v.2M12.500 8v.2',
  reply: 'M8 5 3.500 9.500 8 14M4 9.500h6.500a6 6 0 0 1 6 6V16',
  edit: 'm4 16 .7-3.200L13 4.500l2.500 2.500-8.300 8.300z',
  remove: 'M4 6h12M8 6V4h4v2M6 6l.7 10.500h6.600L14 6',
  link: 'm8.500 11.500 3-3M9 6.500l1.800-1.800a3.200 3.200 0 0 1 4.500 4.500L13.500 11M11 13.500l-1.800 1.800a3.200 3.200 0 0 1-4.500-4.500L6.500 9',
  leave: 'M8 4H4v12h4M12 6l4 4-4 4M7.500 10H16',
  eye: 'M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5ZM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  offline:
    'M3 3l14 14M5 11.500a7 7 0 0 1 3-2M12.500 9.800a7 7 0 0 1 2.500 1.700M7.500 14a3.500 3.500 0 0 1 5 0M2.500 8.500A11 11 0 0 1 6 6.200M10 5c2.800 0 5.500 1.200 7.500 3.500',
} as const

export type IconName = keyof typeof strokes

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={strokes[name]} />
  </svg>
)
