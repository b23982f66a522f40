import type { SatelliteHello, SatelliteMessage } from "#protocol/satellite.ts";
import { type Dialect, writeUplink } from "./dialect.ts";
import type { Diary, LinkState, SatelliteState } from "./satellite-state.ts";
import type { SimClock } from "./sim-clock.ts";
import { type ClientSocket, openSocket } from "./websocket-client.ts";

/** How long an orderly goodbye may take before the connection is cut. */
const GOODBYE_MS = 500;

export interface SatelliteLinkOptions {
  readonly url: string;
  readonly dialect: Dialect;
  readonly hello: Partial<SatelliteHello>;
  readonly token: string | undefined;
  readonly clock: SimClock;
  readonly diary: Diary;
  /** Ends the link and every attempt at one. */
  readonly signal: AbortSignal;
  readonly reconnect: { readonly firstMs: number; readonly maxMs: number } | undefined;
  /** [0, 1), for the backoff. */
  random(): number;
  onText(text: string): void;
  onBinary(bytes: Uint8Array): void;
  onLost(): void;
}

/** A satellite's connection to the hub over its life: made, lost, frozen, made again. */
export class SatelliteLink {
  readonly #options: SatelliteLinkOptions;
  #token: string | undefined;
  #socket: ClientSocket | undefined;
  #state: LinkState = "connecting";
  #connections = 0;
  #lastClose: SatelliteState["lastClose"];
  #bytesPerSecond: number | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: SatelliteLinkOptions) {
    this.#options = options;
    this.#token = options.token;
  }

  get state(): LinkState {
    return this.#state;
  }
  get connections(): number {
    return this.#connections;
  }
  get lastClose(): SatelliteState["lastClose"] {
    return this.#lastClose;
  }

  /** The token of the next link. */
  setToken(token: string): void {
    this.#token = token;
  }

  /** Make the first link; with `reconnect`, try until it is made or the signal aborts. */
  async open(): Promise<void> {
    if (this.#options.reconnect) await this.#openPersistently(this.#options.reconnect);
    else await this.#openOnce();
  }

  /** Leave the old link as it is and make a new one. What still comes on the old one is not read. */
  async renew(): Promise<void> {
    this.#socket?.freeze();
    this.#socket = undefined;
    await this.open();
  }

  /** Lose power at once; the first attempt at a new link comes after `bootMs`. */
  powerCycle(bootMs: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#state = "rebooting";
    socket?.terminate();
    this.#work(async () => {
      await this.#options.clock.sleep(bootMs, this.#options.signal);
      await this.#openPersistently(this.#options.reconnect ?? { firstMs: 500, maxMs: 30_000 });
    });
  }

  send(message: SatelliteMessage): void {
    const text = writeUplink(message, this.#options.dialect);
    if (text === undefined || !this.#socket) return;
    this.#socket.sendText(text);
    this.#options.diary.write({ kind: "sent", type: message.type });
  }

  sendBinary(chunk: Uint8Array): void {
    this.#socket?.sendBinary(chunk);
  }

  cutInHalf(chunk: Uint8Array): void {
    this.#socket?.cutInHalf(chunk);
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  freeze(): void {
    this.#socket?.freeze();
    if (this.#state === "open") this.#state = "frozen";
  }

  /** Read at most so many bytes a second on this and later links; undefined reads all. */
  limitReading(bytesPerSecond: number | undefined): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#socket?.limitReading(bytesPerSecond);
  }

  /** Say goodbye and wait, not for long, until the hub has answered. */
  async goodbye(): Promise<void> {
    if (this.#state !== "open" || !this.#socket) return;
    this.#socket.close(1000, "switched off");
    const { diary } = this.#options;
    const gone = () => (this.#socket ? undefined : true);
    const signal = new AbortController().signal;
    await diary.until(gone, { what: "goodbye", withinMs: GOODBYE_MS, signal }).catch(() => undefined);
  }

  /** Resolves when no attempt at a link runs any more; after the signal has aborted. */
  async ended(): Promise<void> {
    await this.#working;
  }

  async #openOnce(): Promise<void> {
    const { url, clock, signal, diary, dialect, hello } = this.#options;
    this.#state = "connecting";
    let mine: ClientSocket | undefined;
    const current = () => mine !== undefined && this.#socket === mine;
    try {
      mine = await openSocket({
        url,
        headers: this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` },
        clock,
        signal,
        handlers: {
          onText: (text) => {
            if (current()) this.#options.onText(text);
          },
          onBinary: (bytes) => {
            if (current()) this.#options.onBinary(bytes);
          },
          onClose: (end) => {
            if (current()) this.#lost(end);
          },
        },
      });
    } catch (cause) {
      this.#state = "closed";
      throw cause;
    }
    this.#socket = mine;
    this.#state = "open";
    this.#connections += 1;
    if (this.#bytesPerSecond !== undefined) mine.limitReading(this.#bytesPerSecond);
    if (dialect === "hearth") {
      const capabilities = ["playback_position", "wake", "led"];
      const payload = { protocol: 1, speaker_buffer_ms: 500, capabilities, ...hello };
      this.send({ type: "hello", payload });
    }
    diary.write({ kind: "connected" });
  }

  async #openPersistently(backoff: { readonly firstMs: number; readonly maxMs: number }): Promise<void> {
    const { clock, signal, random, diary } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        await this.#openOnce();
        return;
      } catch (cause) {
        signal.throwIfAborted();
        diary.write({ kind: "connect-failed", problem: cause instanceof Error ? cause.message : "unknown" });
      }
      const longestMs = Math.min(backoff.firstMs * 2 ** failures, backoff.maxMs);
      await clock.sleep(longestMs * (0.5 + random() / 2), signal);
    }
  }

  #lost(end: { readonly code: number; readonly reason: string }): void {
    this.#socket = undefined;
    this.#state = "closed";
    this.#lastClose = end;
    this.#options.onLost();
    this.#options.diary.write({ kind: "disconnected", ...end });
    const backoff = this.#options.reconnect;
    if (!backoff || this.#options.signal.aborted) return;
    this.#work(async () => {
      // Not at once: a hub that restarts would be met by all its satellites in the same millisecond.
      await this.#options.clock.sleep(backoff.firstMs * this.#options.random(), this.#options.signal);
      await this.#openPersistently(backoff);
    });
  }

  /** Run one attempt after the other; an abort ends them quietly. */
  #work(task: () => Promise<void>): void {
    const { signal } = this.#options;
    this.#working = this.#working.then(task).catch((cause: unknown) => {
      if (!signal.aborted) throw cause;
    });
  }
}
