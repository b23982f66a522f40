import { connect, type Socket as TcpSocket } from "node:net";

/** A WebSocket client that remembers what it got and lets a test await it. */
export class SocketPeer implements Disposable {
  /** Everything received, in order: text as parsed JSON, binary as bytes. */
  readonly received: unknown[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = promise;
    socket.addEventListener("message", ({ data }) => {
      this.received.push(typeof data === "string" ? parsed(data) : new Uint8Array(data));
      for (const check of [...this.#waiting]) check();
    });
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  }

  /** Connect; rejects when the server does not upgrade. */
  static async connect(
    url: string,
    options: { headers?: Record<string, string>; protocols?: string[] } = {},
  ): Promise<SocketPeer> {
    const socket = new WebSocket(url.replace(/^http/, "ws"), options);
    const peer = new SocketPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve(), { once: true });
      socket.addEventListener("error", () => reject(new Error("the server did not upgrade")), { once: true });
    });
    return peer;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Bytes of all binary messages so far, in order. */
  get audio(): Uint8Array {
    return Buffer.concat(this.received.filter((item) => item instanceof Uint8Array));
  }

  /** Text messages so far. */
  get messages(): unknown[] {
    return this.received.filter((item) => !(item instanceof Uint8Array));
  }

  send(data: string | Uint8Array<ArrayBuffer> | object): void {
    const isRaw = typeof data === "string" || data instanceof Uint8Array;
    this.#socket.send(isRaw ? data : JSON.stringify(data));
  }

  /** Resolves when `isThere` is true, looking again after every message. */
  until(isThere: (peer: SocketPeer) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isThere(this)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  close(): void {
    this.#socket.close();
  }

  /** Vanish without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

/**
 * A WebSocket client on a bare TCP socket, for what a well-behaved client cannot do: stop reading, send half a
 * frame, or never answer a ping.
 */
export class RawPeer implements Disposable {
  readonly socket: TcpSocket;
  readonly closed: Promise<void>;
  #unread: Buffer = Buffer.alloc(0);

  private constructor(socket: TcpSocket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.once("close", () => resolve());
    socket.on("error", () => undefined);
  }

  /** Handshake and return once the server has answered. `response` is the answer's head. */
  static async connect(port: number, path: string, headers = ""): Promise<RawPeer & { response: string }> {
    const socket = connect(port, "127.0.0.1");
    const peer = new RawPeer(socket);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`,
    );
    const head = await new Promise<Buffer>((resolve) => {
      socket.once("data", (data: Buffer) => resolve(data));
    });
    // Messages may arrive in the same packet as the handshake's answer.
    const end = head.indexOf("\r\n\r\n") + 4;
    peer.#unread = head.subarray(end);
    return Object.assign(peer, { response: head.subarray(0, end).toString("latin1") });
  }

  /** One whole message. */
  send(data: string | Uint8Array): void {
    this.socket.write(this.frame(data));
  }

  /** The bytes of one message, masked with a key of zeros as a client must and may. */
  frame(data: string | Uint8Array): Buffer {
    const payload = Buffer.from(data);
    const opcode = typeof data === "string" ? 0x81 : 0x82;
    const length = payload.byteLength;
    if (length < 126) return Buffer.concat([Buffer.from([opcode, 0x80 | length, 0, 0, 0, 0]), payload]);
    const head = Buffer.from([opcode, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(length, 6);
    return Buffer.concat([head, payload]);
  }

  /** Call `onMessage` for every unfragmented message from here on; pings are left unanswered. */
  read(onMessage: (message: string | Uint8Array) => void): void {
    const take = (data: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, data]);
      for (let frame = nextFrame(this.#unread); frame; frame = nextFrame(this.#unread)) {
        this.#unread = this.#unread.subarray(frame.end);
        if (frame.opcode === 1) onMessage(frame.payload.toString());
        else if (frame.opcode === 2) onMessage(new Uint8Array(frame.payload));
      }
    };
    take(Buffer.alloc(0));
    this.socket.on("data", take);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** The first frame in `bytes` as a server sends it, unmasked; undefined while it is incomplete. */
function nextFrame(bytes: Buffer): { opcode: number; payload: Buffer; end: number } | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const start = second === 127 ? 10 : second === 126 ? 4 : 2;
  if (bytes.byteLength < start) return undefined;
  const length = second === 127 ? bytes.readUInt32BE(6) : second === 126 ? bytes.readUInt16BE(2) : second;
  const end = start + length;
  if (bytes.byteLength < end) return undefined;
  return { opcode: first & 15, payload: bytes.subarray(start, end), end };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
