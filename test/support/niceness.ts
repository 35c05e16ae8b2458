import { readdirSync, readFileSync } from 'node:fs'

/** Of every thread of this process (Linux). proc_pid_stat(5): the name in brackets is the second field, the niceness the nineteenth. */
export const niceness = (): number[] =>
  readdirSync('/proc/self/task').map((task) =>
    Number(
      readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[16],
    ),
  )
