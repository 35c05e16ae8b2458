import { useEffect, useState } from 'preact/hooks'

/** Whole seconds that are still to wait, and how to begin to wait (ms). */
export function useCountdown(): [number, (ms: number) => void] {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    if (left <= 0) return
    const timer = setTimeout(() => setLeft(left - 1), 1000)
    return () => clearTimeout(timer)
  }, [left])
  return [left, (ms) => setLeft(Math.ceil(ms / 1000))]
}
