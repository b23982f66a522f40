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

/** A TCP client that completes a WebSocket handshake; what it does then is up to the test. */
export class RawPeer implements Disposable {
  readonly socket: TcpSocket;
  readonly closed: Promise<void>;

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
    const response = await new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString("latin1")));
    });
    return Object.assign(peer, { response });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
