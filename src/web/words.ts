import { closes } from '../protocol/codes.ts'
import type { AccountRole, RoomRole } from '../protocol/events.ts'

/** Everything the page says. Short, plain, and the fault is ours: what happened, why, what now. */
const plural = new Intl.PluralRules('en')
const list = new Intl.ListFormat('en', { type: 'conjunction' })
const count = new Intl.NumberFormat('en')

const many = (n: number, one: string, other: string): string => `${count.format(n)} ${plural.select(n) === 'one' ? one : other}`

export const words = {
  app: 'Parley',
  skip: 'Skip to the messages',
  someone: 'Someone who left',
  justMe: 'Just you',
  unreachable: 'We couldn’t reach the server. Try again in a moment.',
  close: 'Close',
  cancel: 'Cancel',
  back: 'All rooms',
  loading: 'Loading…',
  tryAgain: 'Try again',
  copy: 'Copy',
  copied: 'Copied',
  you: 'you',
  number: (n: number) => count.format(n),
  list: (given: readonly string[]) => list.format(given),
  newIn: (n: number, room: string) => `${many(n, 'more new message', 'more new messages')} in ${room}`,

  rooms: {
    title: 'Rooms',
    direct: 'Direct messages',
    create: 'New room',
    browse: 'Browse rooms',
    message: 'New direct message',
    none: 'You are in no room yet.',
    noneHint: 'Make one and invite people, or look at what is there.',
    pick: 'Choose a room to read.',
    draft: 'Draft',
    private: 'private',
    unread: (n: number) => many(n, 'unread message', 'unread messages'),
    forYou: (n: number) => many(n, 'message for you', 'messages for you'),
  },

  create: {
    title: 'New room',
    name: 'Name',
    public: 'Public',
    publicHint: 'Everyone on this server can find it, join it and read what was said.',
    private: 'Private',
    privateHint: 'Only people who are added see it, from the day they join.',
    go: 'Make the room',
  },

  browse: {
    title: 'Public rooms',
    none: 'There is no public room that you are not in.',
    join: 'Join',
    open: 'Open',
    members: (n: number) => many(n, 'member', 'members'),
  },

  people: {
    find: 'Name',
    hint: 'People you share a room with.',
    none: 'Nobody by that name.',
    go: 'Start',
  },

  room: {
    messages: (name: string) => `Messages in ${name}`,
    start: (name: string) => `This is the beginning of ${name}.`,
    startHint: 'Say hello.',
    gone: 'This room is not here any more, or you are not in it.',
    toRooms: 'Back to your rooms',
    archived: 'This room is archived. It can be read, not written to.',
    stale: (at: string) => `As of ${at}`,
    day: (day: string) => `Messages of ${day}`,
    new: 'New',
    newAbove: (n: number, since: string) => `${many(n, 'new message', 'new messages')}${since === '' ? '' : ` since ${since}`}`,
    jumpToNew: 'Show',
    markRead: 'Mark read',
    latest: 'Latest',
    latestNew: (n: number) => many(n, 'new message', 'new messages'),
    excerpt: 'You are reading older messages.',
    members: 'Members',
    copyLink: 'Copy link',
    linkCopied: 'Link copied',
  },

  message: {
    actions: 'Message actions',
    react: 'Add a reaction',
    reply: 'Reply',
    edit: 'Edit',
    remove: 'Remove',
    removed: 'Removed',
    edited: 'edited',
    sent: 'Sent',
    waiting: 'Waiting to send',
    sending: 'Sending',
    failed: 'Not sent.',
    retry: 'Retry',
    retryAll: 'Retry all',
    discard: 'Delete',
    removeTitle: 'Remove this message?',
    removeHint: 'It goes for everyone, and cannot be brought back.',
    replyTo: (name: string) => `Reply to ${name}`,
    replyGone: 'An older message',
    reaction: (emoji: string, names: string) => `${emoji} by ${names}`,
    emoji: 'Reactions',
  },

  notice: {
    joined: (name: string) => `${name} joined`,
    left: (name: string) => `${name} left`,
    removed: (name: string, by: string) => `${by} removed ${name}`,
    renamed: (name: string, to: string) => `${name} renamed the room to ${to}`,
    topic: (name: string, topic: string) => (topic === '' ? `${name} cleared the topic` : `${name} set the topic: ${topic}`),
    archived: (name: string, on: boolean) => (on ? `${name} archived the room` : `${name} brought the room back`),
  },

  composer: {
    label: (room: string) => `Message ${room}`,
    send: 'Send',
    save: 'Save',
    hint: 'Enter sends · Shift+Enter for a new line',
    editing: 'Editing your message',
    left: (n: number) => (n >= 0 ? `${many(n, 'character', 'characters')} left` : `${many(-n, 'character', 'characters')} too many`),
    people: 'People in this room',
    typing: (names: readonly string[]) =>
      names.length > 3 ? 'Several people are typing' : `${list.format(names)} ${names.length === 1 ? 'is' : 'are'} typing`,
  },

  line: {
    live: 'Connected',
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting…',
    tryNow: 'Try now',
    unreachable: 'We couldn’t reach the server.',
    offline: 'Offline',
    offlineWaiting: (n: number) =>
      n === 0 ? 'Offline — what you write waits here.' : `Offline — ${n === 1 ? 'your message waits' : 'your messages wait'} here (${n}).`,
    waiting: (n: number) => `${many(n, 'message waits', 'messages wait')} here.`,
    back: 'Back online',
    stopped: 'Disconnected',
  },

  ended: {
    title: 'Sign in to go on',
    here: 'You signed out in another tab.',
    elsewhere: 'This login has ended.',
    kept: 'What you were writing is kept. Messages are hidden until you sign in.',
    name: 'Name',
    password: 'Password',
    show: 'Show the password',
    go: 'Sign in',
    other: 'Leave and clear this page',
    wait: (s: number) => `Too many attempts. Try again in ${many(s, 'second', 'seconds')}.`,
    wrong: 'Name or password is wrong.',
  },

  expires: {
    soon: (at: string) => `You’ll be signed out at ${at}.`,
    again: 'Sign in again',
    stay: 'Stay signed in',
    title: 'Sign in again',
    hint: 'Nothing is interrupted.',
  },

  members: {
    title: 'Members',
    add: 'Add someone',
    remove: (name: string) => `Remove ${name}`,
    leave: 'Leave this room',
    leaveTitle: (room: string) => `Leave ${room}?`,
    leavePublic: 'You can join again at any time.',
    leavePrivate: 'Only someone in it can bring you back.',
    leaveGo: 'Leave',
    removeTitle: (name: string) => `Remove ${name} from this room?`,
    removeHint: 'They see nothing that is written from then on.',
    removeGo: 'Remove',
    message: (name: string) => `Message ${name}`,
    role: { owner: 'owner', moderator: 'moderator', member: '' } satisfies Record<RoomRole, string>,
    presence: { active: 'here', away: 'away', offline: 'offline' },
  },

  me: {
    menu: (name: string) => `${name}: settings and sign out`,
    role: { admin: 'administrator', member: '' } satisfies Record<AccountRole, string>,
    theme: 'Appearance',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    logins: 'Where am I signed in?',
    signOut: 'Sign out',
    signOutTitle: 'Sign out?',
    signOutHint: (drafts: number, waiting: number) =>
      `On this device there ${drafts + waiting === 1 ? 'is' : 'are'} ${list.format([...(drafts > 0 ? [many(drafts, 'draft', 'drafts')] : []), ...(waiting > 0 ? [many(waiting, 'message that was not sent', 'messages that were not sent')] : [])])}. Signing out deletes what is kept here.`,
    clear: 'Delete and sign out',
  },

  logins: {
    title: 'Where am I signed in?',
    hint: 'Ending a login closes its connections at once, everywhere.',
    this: 'this device',
    created: 'Signed in',
    seen: 'Last seen',
    address: 'Address',
    show: 'Show',
    hide: 'Hide',
    token: 'Token',
    connections: (n: number) => (n === 0 ? 'No live connection' : many(n, 'live connection', 'live connections')),
    connection: (node: string) => `on node ${node}`,
    since: 'since',
    lastFrame: (age: string) => `last frame ${age} ago`,
    end: 'End',
    endLabel: (label: string) => `End ${label}`,
    endThis: 'Sign out here',
    endOthers: 'End all others',
    ended: (logins: number, connections: number) =>
      `${many(logins, 'login', 'logins')} ended, ${many(connections, 'connection', 'connections')} closed.`,
    unconfirmed: (n: number) => `${many(n, 'connection is', 'connections are')} not confirmed closed yet.`,
    only: 'You are signed in nowhere else.',
  },

  inspector: {
    title: 'Connection',
    open: (state: string) => `Connection: ${state}. Show details.`,
    transport: 'Transport',
    node: 'Node',
    connection: 'Connection',
    ping: 'Round trip',
    up: 'Connected for',
    login: 'Login',
    ends: 'ends',
    idle: 'or after inactivity at',
    messages: 'Open rooms',
    noGaps: 'no gaps',
    behind: 'catching up',
    waiting: 'Waiting to send',
    breaks: 'Reconnects',
    noBreaks: 'None since this page was opened.',
    copy: 'Copy diagnostics',
    copied: 'Diagnostics copied, without names, texts or secrets',
    ms: (n: number) => `${count.format(Math.round(n))} ms`,
  },
} as const

const ordinary: Record<number, string> = {
  1000: 'closed as asked',
  1001: 'the server went away',
  1005: 'closed without a reason',
  1006: 'the connection broke',
  1011: 'something broke on the server',
}

/** A close code as a sentence; every one that the protocol knows has its own. */
export function closeWords(code: number | undefined): string {
  if (code === undefined) return 'no connection'
  return Object.values(closes).find((close) => close.code === code)?.words ?? ordinary[code] ?? 'closed'
}
