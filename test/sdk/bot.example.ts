import { connect } from '../../src/sdk/client.ts'

const bot = connect({ url: process.env.PARLEY_URL ?? 'wss://localhost:8443/ws', token: process.env.PARLEY_TOKEN ?? '' })
bot.on('rooms', (rooms) => {
  for (const room of rooms.keys()) bot.open(room)
})
bot.on('message', ({ room, message }) => {
  if (message.text === '!ping' && message.by !== bot.account?.id) bot.post(room, 'pong', { replyTo: message.seq })
})
