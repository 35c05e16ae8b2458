import { examples } from './help.ts'
import { minuteOf, plain, plural, table } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

const atCommas = (given: string): string[] =>
  given
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

export const addRoomCommands: Group = (program, { ask, out }) => {
  const group = program
    .command('room')
    .summary('make, list and archive rooms')
    .description('Public and private rooms.')
    .addHelpText('after', examples('room list', 'room add General --members ada,bob', 'room archive General'))

  group
    .command('add <name>')
    .summary('make a room')
    .description('Makes a room. The first of its members becomes the owner.')
    .option('--members <names>', 'who is in it, with commas between', atCommas)
    .option('--private', 'only for its members; others do not see it')
    .option('--topic <words>', 'what it is about')
    .option('--json', 'print {id, name, kind, topic?, members}')
    .addHelpText('after', examples('room add General', 'room add Staff --private --members ada,bob --topic "What we do this week"'))
    .action(async (name: string, options: Json & { members?: string[]; private?: boolean; topic?: string }) => {
      const { members, topic } = options
      const kind = options.private ? 'private' : 'public'
      const made = await ask('roomAdd', { name, kind, ...(members && { members }), ...(topic !== undefined && { topic }) })
      out.data(
        made,
        options,
        ({ id, name, kind, members }) => `${plain(name)} is there: ${kind}, ${plural(members.length, 'member')}, id ${id}.`,
      )
      if (kind === 'private' && made.members.length === 0) out.say('Nobody is in it, and nobody can find it.')
    })

  group
    .command('list')
    .summary('list all rooms')
    .description('Lists public and private rooms. Direct conversations are not listed.')
    .option('--json', 'print [{id, name, kind, topic?, members, messages, archived, createdAt}]')
    .addHelpText('after', examples('room list', `room list --json | jq -r '.[] | select(.name == "General").id'`))
    .action(async (options: Json) => {
      out.data(await ask('roomList', {}), options, (rows) =>
        table(
          rows,
          {
            NAME: ({ name }) => name,
            KIND: ({ kind, archived }) => (archived ? `${kind}, archived` : kind),
            MEMBERS: ({ members }) => members,
            MESSAGES: ({ messages }) => messages,
            'CREATED (UTC)': ({ createdAt }) => minuteOf(createdAt),
            ID: ({ id }) => id,
          },
          'There are no rooms yet. Make one: parley room add NAME',
        ),
      )
    })

  group
    .command('archive <room>')
    .summary('close a room for writing')
    .description('Closes a room, by name or id: all can still read it, nobody can write.')
    .option('--undo', 'open it again')
    .option('--json', 'print {id, name, archived}')
    .addHelpText('after', examples('room archive General', 'room archive General --undo'))
    .action(async (room: string, options: Json & { undo?: boolean }) => {
      const made = await ask('roomArchive', { room, on: !options.undo })
      out.data(made, options, ({ name, archived }) => `${plain(name)} is ${archived ? 'archived' : 'open again'}.`)
    })
}
