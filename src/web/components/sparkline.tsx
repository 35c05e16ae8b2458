const width = 72
const height = 16

/** The shape of the last figures; their numbers stand beside it. */
export function Sparkline({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null
  const most = Math.max(...values, 1)
  const points = values.map((value, at) => `${(at * width) / (values.length - 1)},${height - 1 - (value / most) * (height - 2)}`)
  return (
    <svg class="sparkline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  )
}
