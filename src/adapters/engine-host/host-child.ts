import { EngineError, type EngineFault } from "#core/faults.ts";
import type { Clock } from "#ports/clock.ts";
import type { HostConfiguration, HostEngines, HostMessage, HubMessage } from "#protocol/engine-host.ts";
import { isHostMessage, readMessage } from "#protocol/engine-host-codec.ts";
import { LengthPrefixDecoder, ProtocolError } from "#protocol/length-prefix.ts";
import type { HostProcess, ProcessEnd } from "./host-process.ts";
import { PacedOutbox } from "./paced-outbox.ts";

/** How long a child that was asked to end may take before it is killed, in ms. */
const GRACE_MS = 1500;

/** Someone in the hub that speaks with the child under one stream. Must not block or throw. */
export interface StreamListener {
  /** What the host says on this stream. */
  receive(message: HostMessage): void;
  /** The child is gone, and nothing follows on this stream. */
  lost(error: EngineError): void;
}

/** One stream of a running child. */
export interface HostStream {
  /** The stream's number, for the messages. */
  readonly id: number;
  /** Hand a message over with the next write. Ignored after the end. */
  send(message: HubMessage): void;
  /** As `send`, within some milliseconds: for frames. */
  sendSoon(message: HubMessage): void;
  /** Tell the host to stop and hear nothing more. */
  close(): void;
}

/** Why a child ended. */
export type ChildEnd =
  | { readonly kind: "asked" }
  | { readonly kind: "crashed"; readonly reason: string; readonly process: ProcessEnd | undefined };

export interface HostChildOptions {
  readonly process: HostProcess;
  readonly configuration: HostConfiguration;
  readonly clock: Clock;
  readonly readyMs: number;
  readonly pingEveryMs: number;
  /** Pings that may go unanswered before the child counts as hung. */
  readonly missedPings: number;
  /** The engines are loaded. */
  readonly onReady: (engines: HostEngines) => void;
  /** The child answered a ping. */
  readonly onAlive: (rssBytes: number) => void;
}

/** One running engine host process: its messages, its streams and its pulse. */
export class HostChild {
  readonly #options: HostChildOptions;
  readonly #life = new AbortController();
  readonly #outbox: PacedOutbox;
  readonly #streams = new Map<number, { readonly listener: StreamListener; readonly kind: "ear" | "call" }>();
  #lastStream = 0;
  #calls = 0;
  #ready = false;
  #unanswered = 0;
  #asked = false;
  #killedFor: string | undefined;

  constructor(options: HostChildOptions) {
    this.#options = options;
    this.#outbox = new PacedOutbox(options.clock, this.#life.signal, (bytes) => options.process.write(bytes));
  }

  /** Utterances and texts under way; ears do not count. */
  get openCalls(): number {
    return this.#calls;
  }

  /** Serve until the process is gone. Called once. Open streams are told before this resolves. */
  async run(): Promise<ChildEnd> {
    const { process, configuration } = this.#options;
    this.#outbox.send({ kind: "configure", stream: 0, configuration });
    // Both end by the life's signal and reject with its reason, which is no news.
    this.#guardStart().catch(() => undefined);
    this.#keepPulse().catch(() => undefined);
    await this.#read();
    // With its pipe closed it is of no use; give it the time to tell how it ended.
    this.#killLater();
    const end = await process.ended;
    const reason = this.#killedFor ?? end.how;
    this.#life.abort(new EngineError("engine host", "crashed", reason));
    for (const { listener } of [...this.#streams.values()]) listener.lost(this.#lostBecause(reason));
    this.#streams.clear();
    return this.#asked ? { kind: "asked" } : { kind: "crashed", reason, process: end };
  }

  /** Open a stream. On a child that is gone, or going, it is lost at once, in a microtask. */
  open(kind: "ear" | "call", listener: StreamListener): HostStream {
    this.#lastStream += 1;
    const id = this.#lastStream;
    if (this.#life.signal.aborted) {
      queueMicrotask(() => listener.lost(this.#lostBecause("it has ended")));
    } else {
      this.#streams.set(id, { listener, kind });
      if (kind === "call") this.#calls += 1;
    }
    return {
      id,
      send: (message) => {
        if (this.#streams.has(id)) this.#outbox.send(message);
      },
      sendSoon: (message) => {
        if (this.#streams.has(id)) this.#outbox.sendSoon(message);
      },
      close: () => {
        if (!this.#forget(id)) return;
        this.#outbox.send({ kind: "close", stream: id });
      },
    };
  }

  /** Ask the process to end; kill it if it has not after 1.5 s. `run` then resolves with `asked`. */
  stop(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#options.process.closeInput();
    this.#options.process.kill("SIGTERM");
    this.#killLater();
  }

  async #read(): Promise<void> {
    const decoder = new LengthPrefixDecoder();
    try {
      for await (const chunk of this.#options.process.output) {
        decoder.push(chunk, (kind, stream, payload) => this.#receive(readMessage(kind, stream, payload)));
      }
    } catch (error) {
      this.#kill(error instanceof ProtocolError ? `it sent nonsense: ${error.message}` : "its pipe failed");
    }
  }

  #receive(message: HubMessage | HostMessage): void {
    if (!isHostMessage(message)) throw new ProtocolError(`${message.kind} came from the host`);
    if (message.kind === "ready") {
      this.#ready = true;
      this.#options.onReady(message.engines);
    } else if (message.kind === "pong") {
      this.#unanswered = 0;
      this.#options.onAlive(message.rssBytes);
    } else {
      const stream = this.#streams.get(message.stream);
      const ends = message.kind === "done" || (message.kind === "error" && stream?.kind === "call");
      if (ends) this.#forget(message.stream);
      // A stream closed while this was on its way has no listener.
      stream?.listener.receive(message);
    }
  }

  #forget(id: number): boolean {
    const stream = this.#streams.get(id);
    if (!stream) return false;
    if (stream.kind === "call") this.#calls -= 1;
    return this.#streams.delete(id);
  }

  async #guardStart(): Promise<void> {
    await this.#options.clock.sleep(this.#options.readyMs, this.#life.signal);
    if (!this.#ready) this.#kill(`not ready within ${this.#options.readyMs} ms`);
  }

  /** Count unanswered pings rather than time: a hub that was stalled itself must not blame its child. */
  async #keepPulse(): Promise<void> {
    const { clock, pingEveryMs, missedPings } = this.#options;
    for (let id = 1; ; id = (id + 1) >>> 0) {
      await clock.sleep(pingEveryMs, this.#life.signal);
      if (!this.#ready) continue; // Loading a model is one long native call.
      if (this.#unanswered >= missedPings) this.#kill(`no answer to ${missedPings} pings`);
      this.#unanswered += 1;
      this.#outbox.send({ kind: "ping", stream: 0, id });
    }
  }

  #kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#options.process.kill("SIGKILL");
  }

  #killLater(): void {
    const { process, clock } = this.#options;
    clock.sleep(GRACE_MS, this.#life.signal).then(
      () => process.kill("SIGKILL"),
      () => undefined,
    );
  }

  #lostBecause(reason: string): EngineError {
    const fault: EngineFault = this.#asked ? "unavailable" : "crashed";
    return new EngineError("engine host", fault, reason);
  }
}
