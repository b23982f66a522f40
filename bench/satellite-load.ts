import type { Socket } from "bun";
import { FRAME_BYTES, FRAME_MS } from "#core/pcm.ts";
import { answerBench, sharedNow } from "./child.ts";

/**
 * Many satellites on bare TCP sockets, cheap enough that they never are the bottleneck.
 *
 * A frame is one write of a WebSocket message made once, with its moment of sending in the first samples. The
 * satellites are spread evenly over the 20 ms, as real ones are.
 */

const HEADER_BYTES = 8;
/** FIN and binary; masked with a key of zeros, as a client must and may; 16-bit length. */
const frame = new Uint8Array(HEADER_BYTES + FRAME_BYTES);
frame.set([0x82, 0x80 | 126, FRAME_BYTES >> 8, FRAME_BYTES & 0xff, 0, 0, 0, 0]);
const stamp = new DataView(frame.buffer, HEADER_BYTES, 8);
const PONG = new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]);

/** What came of a stretch of speaking. */
export interface Streamed {
  readonly sent: number;
  /** Frames a satellite could not send because an earlier one was still on its way. */
  readonly stuck: number;
}

interface Peer {
  opened: boolean;
  /** What the kernel did not take of the last frame. */
  rest: Uint8Array | undefined;
}

const sockets: Socket<Peer>[] = [];

function connect(port: number, path: string): Promise<void> {
  const opened = Promise.withResolvers<void>();
  void Bun.connect<Peer>({
    hostname: "127.0.0.1",
    port,
    data: { opened: false, rest: undefined },
    socket: {
      open(socket) {
        sockets.push(socket);
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
      },
      data(socket) {
        if (!socket.data.opened) {
          socket.data.opened = true;
          opened.resolve();
          return;
        }
        // What comes may be a ping; an unasked-for pong is always right and keeps the link alive.
        if (!socket.data.rest) socket.write(PONG);
      },
      drain(socket) {
        const { rest } = socket.data;
        if (!rest) return;
        const written = socket.write(rest);
        socket.data.rest = written < rest.byteLength ? rest.subarray(written) : undefined;
      },
      close() {
        opened.reject(new Error("the server closed the connection"));
      },
    },
  });
  return opened.promise;
}

/** Send one frame; false when the satellite is still stuck with an earlier one. */
function send(socket: Socket<Peer>): boolean {
  if (socket.data.rest) return false;
  stamp.setFloat64(0, sharedNow(), true);
  const written = socket.write(frame);
  if (written < frame.byteLength) socket.data.rest = frame.slice(Math.max(0, written));
  return true;
}

answerBench({
  async connect({ port, path, count }: { port: number; path: string; count: number }) {
    const first = sockets.length;
    for (let i = 0; i < count; i++) await connect(port, path.replace("*", String(first + i)));
    return sockets.length;
  },
  /** Everybody speaks in real time for `ms`. */
  async stream({ ms }: { ms: number }): Promise<Streamed> {
    const startedAt = performance.now();
    const perMs = sockets.length / FRAME_MS;
    let due = 0;
    let stuck = 0;
    for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - startedAt) {
      for (const until = Math.floor(elapsed * perMs); due < until; due++) {
        const socket = sockets[due % sockets.length];
        if (socket && !send(socket)) stuck += 1;
      }
      await Bun.sleep(1);
    }
    return { sent: due - stuck, stuck };
  },
  /** Everybody sends `frames` frames as fast as the hub allows: 400 a second. */
  async burst({ frames }: { frames: number }) {
    for (let i = 0; i < frames; i++) {
      for (const socket of sockets) send(socket);
      await Bun.sleep(1);
    }
    return sockets.length * frames;
  },
  close() {
    for (const socket of sockets.splice(0)) socket.end();
  },
});
