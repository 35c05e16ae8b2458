import { render } from 'preact'
import { connect } from '../sdk/client.ts'
import { Page } from './components/page.tsx'
import { open, prepare } from './state/start.ts'

prepare()
render(<Page dial={connect} />, document.getElementById('page')!)
void open(connect)
