import { clock, fullTime, isoTime } from '../state/times.ts'

/** A time of day; the full date is in the tooltip and for machines. */
export const Time = ({ at, id, text = clock(at) }: { at: number; id?: string; text?: string }) => (
  <time dateTime={isoTime(at)} title={fullTime(at)} {...(id === undefined ? {} : { id })}>
    {text}
  </time>
)
