import '../../../src/web/styles/page.css'
import { render } from 'preact'
import { Page } from '../../../src/web/components/page.tsx'
import { open, prepare } from '../../../src/web/state/start.ts'
import { answerFetches } from './answers.ts'
import { rehearse } from './rehearsal.ts'

/**
 * The page without a server, for looking at it: `npx vite --config test/web/page/vite.config.ts`, then /r/ops, /logins, /?scene=empty.
 * In the console `stage` makes things happen: stage.says('bob', 'hello'), stage.line({ state: 'offline' }), stage.refuses = true …
 */
const { dial, stage } = rehearse(new URLSearchParams(location.search).get('scene') ?? 'busy')
Object.assign(window, { stage })
answerFetches(stage)
prepare()
render(<Page dial={dial} />, document.getElementById('page')!)
void open(dial)
