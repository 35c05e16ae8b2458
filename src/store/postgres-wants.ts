import { fold } from '../protocol/names.ts'
import type { Entry } from './append.ts'

/** What the entries of a batch can ask of the database, gathered before any of them is looked at. Columns, as `unnest` takes them. */
export interface Wants {
  rooms: string[]
  logins: string[]
  accounts: { ids: string[]; folds: string[] }
  members: { accounts: string[]; rooms: string[] }
  /** Members by the names in a text. */
  named: { folds: string[]; rooms: string[] }
  keyed: { rooms: string[]; accounts: string[]; keys: string[] }
  places: { rooms: string[]; seqs: number[] }
  /** Rooms whose last event may be the answer. */
  lasts: string[]
  reactions: { rooms: string[]; seqs: number[]; accounts: string[] }
  names: { folds: string[]; directs: string[] }
  /** Rooms in which an entry may take its rank from whoever comes first, once for each. */
  heirs: string[]
}

/** Every act says here what the rules will ask when they come to it; asking for too much only costs time, too little is a wrong answer. */
export function wantsOf(entries: Entry[]): Wants {
  const wants: Wants = {
    rooms: [...new Set(entries.map(({ room }) => room))],
    logins: [...new Set(entries.map(({ login }) => login ?? ''))],
    accounts: { ids: [], folds: [] },
    members: { accounts: [], rooms: [] },
    named: { folds: [], rooms: [] },
    keyed: { rooms: [], accounts: [], keys: [] },
    places: { rooms: [], seqs: [] },
    lasts: [],
    reactions: { rooms: [], seqs: [], accounts: [] },
    names: { folds: [], directs: [] },
    heirs: [],
  }
  for (const entry of entries) wantEntry(wants, entry)
  return wants
}

function wantEntry(wants: Wants, { room, by, do: act }: Entry): void {
  const member = (account: string) => {
    wants.members.accounts.push(account)
    wants.members.rooms.push(room)
  }
  const place = (seq: number) => {
    wants.places.rooms.push(room)
    wants.places.seqs.push(seq)
  }
  member(by)
  if ('key' in act) {
    wants.keyed.rooms.push(room)
    wants.keyed.accounts.push(by)
    wants.keyed.keys.push(act.key)
  }
  if ('target' in act) place(act.target)
  if ('names' in act)
    for (const name of act.names) {
      wants.accounts.folds.push(name)
      wants.named.folds.push(name)
      wants.named.rooms.push(room)
    }
  switch (act.act) {
    case 'post':
      if (act.replyTo !== undefined) place(act.replyTo)
      break
    case 'react':
      wants.reactions.rooms.push(room)
      wants.reactions.seqs.push(act.target)
      wants.reactions.accounts.push(by)
      wants.lasts.push(room)
      break
    case 'create':
      wants.accounts.ids.push(...act.members.map(({ account }) => account))
      if (act.kind === 'public') wants.names.folds.push(fold(act.name))
      if (act.direct !== undefined) wants.names.directs.push(act.direct)
      break
    case 'join':
      wants.accounts.ids.push(by)
      wants.lasts.push(room)
      break
    case 'leave':
      wants.heirs.push(room)
      break
    case 'add':
      member(act.account)
      wants.accounts.ids.push(act.account)
      wants.lasts.push(room)
      break
    case 'expel':
      member(act.account)
      wants.heirs.push(room)
      break
    case 'role':
      member(act.account)
      wants.heirs.push(room)
      wants.lasts.push(room)
      break
    case 'rename':
      wants.names.folds.push(fold(act.name))
      break
    case 'archive':
      wants.lasts.push(room)
      break
    case 'read':
      place(act.seq)
      break
  }
}
