// A relay with Socket.IO: one room, WebSocket transport only. `node relay.mjs PORT`.
import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer();
const io = new Server(server, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  socket.join("room");
  socket.on("message", (message) => io.to("room").emit("message", message));
});

server.listen(Number(process.argv[2]), "127.0.0.1");
