import { people } from './kinds/people.ts'
import { roads } from './kinds/roads.ts'
import { playShort } from './short.ts'

playShort('harm to lines and logins', 'sqlite', [...Object.keys(roads), ...Object.keys(people)])
