import { createHash, randomBytes } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { SimClock } from "./sim-clock.ts";
import { encodeClientFrame, FrameReader, OPCODE, type WebSocketFrame } from "./websocket-frames.ts";

/** What a link reports. Handlers are synchronous; after `onClose` nothing follows. */
export interface SocketHandlers {
  onText(text: string): void;
  onBinary(bytes: Uint8Array): void;
  /** Code 1006 when the connection ended without a close frame, as RFC 6455 says. */
  onClose(end: { readonly code: number; readonly reason: string }): void;
}

/** One WebSocket connection that can also misbehave. Everything sent after its end is dropped. */
export interface ClientSocket {
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Send the header and the first half of a binary frame and end the connection there. */
  cutInHalf(bytes: Uint8Array): void;
  /** Read at most so many bytes a second (0: nothing at all), undefined: as they come. */
  limitReading(bytesPerSecond: number | undefined): void;
  /** Neither read nor write any more, while the connection stays open: a satellite out of radio range. */
  freeze(): void;
  close(code: number, reason: string): void;
  /** End the connection without a close frame. */
  terminate(): void;
}

/** The fixed GUID of RFC 6455 section 1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** An upgrade answer longer than this is not from a WebSocket server. */
const MAX_ANSWER_BYTES = 16_384;

/**
 * Connect to a `ws:` or `wss:` address.
 *
 * Resolves once the server has accepted the upgrade. Certificates are not verified: a hub in a home signs its own.
 * An abort of `signal` terminates the connection, also later.
 *
 * @throws {Error} when nothing answers, or the server refuses the upgrade (the message has its status line).
 */
export function openSocket(options: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly handlers: SocketHandlers;
  readonly clock: SimClock;
  readonly signal: AbortSignal;
}): Promise<ClientSocket> {
  const url = new URL(options.url);
  const secure = url.protocol === "wss:" || url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const key = randomBytes(16).toString("base64");
  const { promise, resolve, reject } = Promise.withResolvers<ClientSocket>();
  const tcp = secure ? connectTls({ host, port, rejectUnauthorized: false }) : connectTcp({ host, port });
  const link = new Link(tcp, options.handlers, options.clock, options.signal);
  let answer: Buffer | undefined = Buffer.alloc(0);
  const onAbort = () => {
    tcp.destroy();
    reject(options.signal.reason);
  };
  options.signal.addEventListener("abort", onAbort, { once: true });
  tcp.setNoDelay(true);
  tcp.on(secure ? "secureConnect" : "connect", () =>
    tcp.write(upgradeRequest(url, key, options.headers ?? {})),
  );
  tcp.on("data", (data) => {
    const chunk = typeof data === "string" ? Buffer.from(data) : data;
    // A plain array: a Buffer's `slice` shares memory where an array's copies.
    if (!answer) return link.received(new Uint8Array(chunk));
    answer = Buffer.concat([answer, chunk]);
    const end = answer.indexOf("\r\n\r\n");
    if (end < 0 && answer.length < MAX_ANSWER_BYTES) return;
    const problem = upgradeProblem(answer.subarray(0, Math.max(end, 0)).toString("latin1"), key);
    const rest = new Uint8Array(answer.subarray(end + 4));
    answer = undefined;
    if (problem) {
      tcp.destroy();
      reject(new Error(problem));
      return;
    }
    resolve(link);
    // The caller gets the link before the first message: handlers run after its `await` returns.
    if (rest.length > 0) queueMicrotask(() => queueMicrotask(() => link.received(rest)));
  });
  tcp.on("error", (cause) => reject(new Error(`no connection to ${url.host}: ${cause.message}`, { cause })));
  tcp.on("close", () => {
    options.signal.removeEventListener("abort", onAbort);
    if (answer) reject(new Error(`${url.host} closed the connection before accepting it`));
    else link.ended();
  });
  if (options.signal.aborted) onAbort();
  return promise;
}

function upgradeRequest(url: URL, key: string, headers: Readonly<Record<string, string>>): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function upgradeProblem(head: string, key: string): string | undefined {
  const [status = "", ...fields] = head.split("\r\n");
  if (!/^HTTP\/1\.1 101\b/.test(status)) return `the server refused: ${status.slice(0, 100)}`;
  const accept = fields.find((field) => field.toLowerCase().startsWith("sec-websocket-accept:"));
  const expected = createHash("sha1")
    .update(key + ACCEPT_GUID)
    .digest("base64");
  if (accept?.slice(accept.indexOf(":") + 1).trim() !== expected)
    return "the server is not a WebSocket server";
  return undefined;
}

class Link implements ClientSocket {
  readonly #tcp: Socket;
  readonly #handlers: SocketHandlers;
  readonly #clock: SimClock;
  readonly #signal: AbortSignal;
  readonly #reader = new FrameReader();
  #fragments: Uint8Array[] = [];
  #fragmentOpcode = 0;
  #end = { code: 1006, reason: "" };
  #state: "open" | "frozen" | "closing" | "closed" = "open";
  #bytesPerSecond: number | undefined;

  constructor(tcp: Socket, handlers: SocketHandlers, clock: SimClock, signal: AbortSignal) {
    this.#tcp = tcp;
    this.#handlers = handlers;
    this.#clock = clock;
    this.#signal = signal;
  }

  received(chunk: Uint8Array): void {
    if (this.#state === "frozen" || this.#state === "closed") return;
    if (this.#bytesPerSecond !== undefined) this.#pauseFor(chunk.byteLength);
    try {
      this.#reader.push(chunk, (frame) => this.#frame(frame));
    } catch (cause) {
      this.#end = { code: 1002, reason: cause instanceof Error ? cause.message : "bad frame" };
      this.#tcp.destroy();
    }
  }

  ended(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#handlers.onClose(this.#end);
  }

  sendText(text: string): void {
    this.#send(OPCODE.text, new TextEncoder().encode(text));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#send(OPCODE.binary, bytes);
  }

  cutInHalf(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    const whole = encodeClientFrame(OPCODE.binary, bytes, randomMask());
    this.#state = "closing";
    this.#tcp.end(whole.subarray(0, whole.byteLength - Math.ceil(bytes.byteLength / 2)));
  }

  limitReading(bytesPerSecond: number | undefined): void {
    this.#bytesPerSecond = bytesPerSecond;
    if (bytesPerSecond === 0) this.#tcp.pause();
    else this.#tcp.resume();
  }

  freeze(): void {
    if (this.#state !== "open") return;
    this.#state = "frozen";
    this.#tcp.pause();
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    const payload = new Uint8Array([code >> 8, code & 0xff, ...new TextEncoder().encode(reason)]);
    this.#send(OPCODE.close, payload);
    this.#state = "closing";
    this.#end = { code, reason };
    this.#tcp.end();
  }

  terminate(): void {
    // A reset where the platform can send one: the other side learns of it at once, as when a board loses power
    // behind an access point that answers for it.
    if (this.#state === "open") this.#tcp.resetAndDestroy();
    else this.#tcp.destroy();
  }

  #send(opcode: number, payload: Uint8Array): void {
    if (this.#state !== "open" || this.#tcp.destroyed) return;
    this.#tcp.write(encodeClientFrame(opcode, payload, randomMask()));
  }

  #frame(frame: WebSocketFrame): void {
    switch (frame.opcode) {
      case OPCODE.ping:
        this.#send(OPCODE.pong, frame.payload);
        return;
      case OPCODE.pong:
        return;
      case OPCODE.close:
        this.#closed(frame.payload);
        return;
      default:
        this.#data(frame);
    }
  }

  #closed(payload: Uint8Array): void {
    const code = payload.length >= 2 ? ((payload[0] ?? 0) << 8) | (payload[1] ?? 0) : 1005;
    if (this.#state === "open") {
      this.#end = { code, reason: new TextDecoder().decode(payload.subarray(2)) };
      this.#send(OPCODE.close, payload.subarray(0, 2));
      this.#state = "closing";
    }
    this.#tcp.end();
  }

  #data(frame: WebSocketFrame): void {
    if (frame.opcode !== OPCODE.continuation) this.#fragmentOpcode = frame.opcode;
    let payload = frame.payload;
    if (!frame.final || this.#fragments.length > 0) {
      this.#fragments.push(frame.payload);
      if (!frame.final) return;
      payload = new Uint8Array(Buffer.concat(this.#fragments));
      this.#fragments = [];
    }
    if (this.#fragmentOpcode === OPCODE.text) this.#handlers.onText(new TextDecoder().decode(payload));
    else this.#handlers.onBinary(payload);
  }

  #pauseFor(bytes: number): void {
    this.#tcp.pause();
    const rate = this.#bytesPerSecond ?? 0;
    if (rate === 0) return;
    this.#clock.sleep((bytes * 1000) / rate, this.#signal).then(
      () => {
        if (this.#state === "open" && this.#bytesPerSecond !== 0) this.#tcp.resume();
      },
      () => this.#tcp.destroy(),
    );
  }
}

function randomMask(): number {
  return (Math.random() * 0x1_0000_0000) >>> 0;
}
