/** The lines below `--help` that show how it is done. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  parley ${line}`).join('\n')}`

/** What `parley` alone says. */
export const commonTasks = `Parley, a chat service of your own.

  parley serve                             start the server; the first time it shows how to make the first account
  parley account add ada --role admin      make an account
  parley room add General --members ada    make a room
  parley login end --account ada --all     sign somebody out everywhere
  parley config check                      look for faults in the configuration

All commands: parley --help     One of them: parley help account`

const secretPlaces: [RegExp, string][] = [
  // Somebody who tries `--password=…` or puts it behind the name must not find it in the log of a terminal as well.
  [/^(error: unknown option '[^'=]*)=.*?'$/gms, "$1'"],
  [/^(error: too many arguments.*? but got \d+):.*$/gms, '$1.'],
]

/** What commander says about wrong usage, without the values that were given. */
export const withoutValues = (words: string): string => secretPlaces.reduce((text, [place, instead]) => text.replace(place, instead), words)
