import { enableCompileCache } from 'node:module'
import { join, resolve } from 'node:path'

const home = resolve(import.meta.dirname, '..')
// Compiled code is kept beside the packages, which halves the time of a short command. Where nothing may be written there it does without.
enableCompileCache(join(home, 'node_modules', '.cache', 'parley'))

// What Parley writes holds people's words or its own keys: nobody else's to read, unless it says so.
process.umask(0o077)

const { runCommand } = await import('./ops/cli/program.ts')

/** Which command, nothing else. */
process.exitCode = await runCommand(process.argv.slice(2), {
  root: resolve(process.env.PARLEY_ROOT ?? home),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  load: {
    house: () => import('./house.ts'),
    startServer: async () => (await import('./app.ts')).startServer,
    bench: () => import('./bench/deployment.ts'),
    check: () => import('./check/deployment.ts'),
  },
})
