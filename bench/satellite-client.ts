/** What a satellite got, and when, on this process's monotonic clock. */
export type Received =
  | { readonly kind: "audio"; readonly atMs: number }
  | { readonly kind: "message"; readonly atMs: number; readonly type: string; readonly detail: string };

/** A satellite in the bench's own process, whose turns are taken step by step. */
export class SatelliteClient implements Disposable {
  readonly #socket: WebSocket;
  readonly #received: Received[] = [];
  #wake: () => void = () => undefined;
  #closed: string | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      const atMs = performance.now();
      this.#received.push(typeof data === "string" ? message(data, atMs) : { kind: "audio", atMs });
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#closed = `${code} ${reason}`;
      this.#wake();
    });
  }

  /** Connect; resolves when the hub has greeted it. */
  static async connect(port: number, id: string): Promise<SatelliteClient> {
    const client = new SatelliteClient(new WebSocket(`ws://127.0.0.1:${port}/ws/satellite`));
    await new Promise((resolve) => client.#socket.addEventListener("open", resolve, { once: true }));
    client.say("hello", { id, speaker_buffer_ms: 500, capabilities: [] });
    await client.next(({ kind }) => kind === "message");
    return client;
  }

  say(type: string, payload: object): void {
    this.#socket.send(JSON.stringify({ type, payload }));
  }

  frame(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(bytes);
  }

  /** The next thing received that fits; what came before it is forgotten. Rejects when the hub hangs up. */
  async next(fits: (received: Received) => boolean): Promise<Received> {
    const [last] = (await this.through(fits)).slice(-1);
    if (!last) throw new Error("unreachable: it ends with what fits");
    return last;
  }

  /** Everything received up to the next thing that fits, and that. Rejects when the hub hangs up. */
  async through(fits: (received: Received) => boolean): Promise<readonly Received[]> {
    for (;;) {
      const index = this.#received.findIndex(fits);
      if (index !== -1) return this.#received.splice(0, index + 1);
      if (this.#closed !== undefined) throw new Error(`the hub closed the connection: ${this.#closed}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  audio(): Promise<Received> {
    return this.next(({ kind }) => kind === "audio");
  }

  /** The hub says that it is in this state. */
  state(state: string): Promise<Received> {
    return this.next((it) => it.kind === "message" && it.type === "server_status" && it.detail === state);
  }

  /** Everything that has arrived and was not taken yet; takes it. */
  rest(): readonly Received[] {
    return this.#received.splice(0);
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

function message(text: string, atMs: number): Received {
  const { type, payload } = JSON.parse(text) as {
    readonly type: string;
    readonly payload?: { readonly state?: string; readonly command?: string };
  };
  return { kind: "message", atMs, type, detail: payload?.state ?? payload?.command ?? "" };
}
