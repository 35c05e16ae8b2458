import { connect } from '../../src/sdk/client.ts'

const bot = connect({ url: process.env.PARLEY_URL ?? 'wss://localhost:8443/ws', token: process.env.PARLEY_TOKEN ?? '' })
bot.on('state', (now) => process.stdout.write(`${now.state} ${'why' in now ? now.why : ''}\n`))
bot.on('rooms', (rooms) => rooms.forEach((_, room) => void bot.open(room)))
bot.on('message', ({ room, message }) => {
  if (message.text === '!ping' && message.by !== bot.account?.id) bot.post(room, 'pong', { replyTo: message.seq })
})
