import type { Socket } from "bun";
import { answerBench } from "./child.ts";

/** How many messages all readers together have got by now. */
export interface Delivered {
  readonly messages: number;
}

/** Readers on bare TCP sockets that count whole messages and look into none. */
interface Reader {
  opened: boolean;
  /** Bytes of the running message that are still to come. */
  missing: number;
  /** A message's head that came in two parts. */
  head: number[];
}

const sockets: Socket<Reader>[] = [];
let messages = 0;

function connect(port: number, path: string, onData: (data: Buffer) => void): Promise<Socket<Reader>> {
  const opened = Promise.withResolvers<Socket<Reader>>();
  void Bun.connect<Reader>({
    hostname: "127.0.0.1",
    port,
    data: { opened: false, missing: 0, head: [] },
    socket: {
      open(socket) {
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
      },
      data(socket, data) {
        let rest = data;
        if (!socket.data.opened) {
          socket.data.opened = true;
          rest = data.subarray(data.indexOf("\r\n\r\n") + 4);
          opened.resolve(socket);
        }
        count(socket.data, rest);
        onData(rest);
      },
    },
  });
  return opened.promise;
}

function count(reader: Reader, data: Buffer): void {
  let at = Math.min(reader.missing, data.byteLength);
  reader.missing -= at;
  while (at < data.byteLength) {
    reader.head.push(data[at++] ?? 0);
    const [, length = 0] = reader.head;
    const headBytes = reader.head.length < 2 ? 2 : length === 127 ? 10 : length === 126 ? 4 : 2;
    if (reader.head.length < headBytes) continue;
    const size = length < 126 ? length : reader.head.slice(2).reduce((sum, byte) => sum * 256 + byte, 0);
    reader.head = [];
    messages += 1;
    const here = Math.min(size, data.byteLength - at);
    reader.missing = size - here;
    at += here;
  }
}

const LIVE = Buffer.from('{"type":"live"');
/** FIN and text, masked with zeros: the empty message that asks the baseline for its replay. */
const ASK = new Uint8Array([0x81, 0x80, 0, 0, 0, 0]);

/** An unasked-for pong, which is always right: the hub takes a reader that never says anything for lost. */
const PONG = new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]);
setInterval(() => {
  for (const socket of sockets) socket.write(PONG);
}, 1000);

answerBench({
  async connect({ port, path, readers }: { port: number; path: string; readers: number }) {
    for (let i = 0; i < readers; i++) sockets.push(await connect(port, path, () => undefined));
    return sockets.length;
  },
  delivered: (): Delivered => ({ messages }),
  /** Connect, get everything that is stored, and tell how long that took from the connection to its end. */
  async replay({ port, path, ask }: { port: number; path: string; ask: boolean }) {
    const done = Promise.withResolvers<number>();
    const startedAt = performance.now();
    const socket = await connect(port, path, (data) => {
      if (data.includes(LIVE)) done.resolve(performance.now() - startedAt);
    });
    if (ask) socket.write(ASK);
    const tookMs = await done.promise;
    socket.end();
    return tookMs;
  },
});
