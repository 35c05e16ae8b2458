import { Server } from 'socket.io'
import { listen, server } from './rooms.ts'

/** A chat over Socket.IO as its documentation shows one, without the fallback to polling. */
new Server(server, { transports: ['websocket'], perMessageDeflate: false }).on('connection', (socket) => {
  const room = String(socket.handshake.query.room)
  void socket.join(room)
  socket.on('post', (text: string) => socket.nsp.to(room).emit('post', text))
})
listen()
