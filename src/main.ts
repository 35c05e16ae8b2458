import { resolve } from 'node:path'
import { runCommand } from './ops/cli/program.ts'

// What Parley writes holds people's words or its own keys: nobody else's to read, unless it says so.
process.umask(0o077)

/** Which command, nothing else. */
process.exitCode = await runCommand(process.argv.slice(2), {
  root: resolve(process.env.PARLEY_ROOT ?? resolve(import.meta.dirname, '..')),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  load: {
    house: () => import('./house.ts'),
    startServer: async () => (await import('./app.ts')).startServer,
  },
})
