import type { Clock } from "#ports/clock.ts";

/** A release page on the loopback interface that can be told to misbehave. */
export class ReleaseHost implements AsyncDisposable {
  readonly url: string;
  content: Uint8Array;
  etag = '"first"';
  servesRanges = true;
  /**
   * The first answer with a body stops after so many bytes of it, and the connection breaks when `arrived` says that
   * they have arrived: what is still under way when a connection breaks, a client may lose.
   */
  cutAfter: number | undefined;
  onCut: () => void = () => undefined;
  /** Each request takes one and is answered with it. */
  failWith: number[] = [];
  retryAfterSeconds: number | undefined;
  /** What was asked and answered, in order. */
  readonly ranges: (string | undefined)[] = [];
  readonly statuses: number[] = [];
  readonly #server: Bun.TCPSocketListener<undefined>;
  #waiting: { readonly socket: Bun.Socket<undefined>; readonly bytes: number } | undefined;

  constructor(content: Uint8Array) {
    this.content = content;
    // A bare socket, so that a promised length can be broken at any byte.
    this.#server = Bun.listen<undefined>({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket, request) => this.#answer(socket, request.toString()) },
    });
    this.url = `http://127.0.0.1:${this.#server.port}`;
  }

  #answer(socket: Bun.Socket<undefined>, request: string): void {
    const header = (name: string) => new RegExp(`^${name}: (.*)\r$`, "im").exec(request)?.[1];
    const range = header("range");
    this.ranges.push(range);
    const failure = this.failWith.shift();
    if (failure !== undefined) {
      const retry = this.retryAfterSeconds === undefined ? [] : [`retry-after: ${this.retryAfterSeconds}`];
      this.#send(socket, failure, retry, new Uint8Array());
      return;
    }
    const total = this.content.length;
    const sameVersion = (header("if-range") ?? this.etag) === this.etag;
    const from = range && this.servesRanges && sameVersion ? Number(/\d+/.exec(range)?.[0]) : undefined;
    if (from === undefined) this.#send(socket, 200, [], this.content);
    else if (from >= total) this.#send(socket, 416, [`content-range: bytes */${total}`], new Uint8Array());
    else {
      this.#send(
        socket,
        206,
        [`content-range: bytes ${from}-${total - 1}/${total}`],
        this.content.subarray(from),
      );
    }
  }

  #send(socket: Bun.Socket<undefined>, status: number, extra: readonly string[], body: Uint8Array): void {
    this.statuses.push(status);
    const lines = [
      `HTTP/1.1 ${status} X`,
      `content-length: ${body.length}`,
      `etag: ${this.etag}`,
      "connection: close",
      ...extra,
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    if (this.cutAfter === undefined || body.length === 0) {
      socket.end(body);
      return;
    }
    socket.write(body.subarray(0, this.cutAfter));
    this.#waiting = { socket, bytes: this.cutAfter };
    this.cutAfter = undefined;
  }

  /** The client has so many bytes of the body. */
  arrived(bytes: number): void {
    if (this.#waiting?.bytes !== bytes) return;
    this.#waiting.socket.terminate();
    this.#waiting = undefined;
    this.onCut();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.stop(true);
    return Promise.resolve();
  }
}

/** A clock on which pauses between attempts are over at once and are noted, and the stall watch never strikes. */
export function withoutWaiting(): Clock & { readonly pauses: readonly number[] } {
  const pauses: number[] = [];
  return {
    pauses,
    now: () => 0,
    wallMs: () => 0,
    sleep(ms, signal) {
      // 30 s is the stall watch, which runs beside every attempt.
      if (ms === 30_000) {
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      }
      if (ms > 0) pauses.push(ms);
      return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
    },
  };
}
