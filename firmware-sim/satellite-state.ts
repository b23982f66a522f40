import type { ServerCommand } from "#protocol/satellite.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SpeakerReport } from "./speaker.ts";

/** Whether the satellite is in touch with the hub. */
export type LinkState = "connecting" | "open" | "frozen" | "closed" | "rebooting";

/** Everything that can be seen of a virtual satellite, as one snapshot. */
export interface SatelliteState {
  readonly link: LinkState;
  /** Links made since the start; 1 after the first. */
  readonly connections: number;
  readonly boots: number;
  readonly lastClose: { readonly code: number; readonly reason: string } | undefined;
  /** From the hub's hello; undefined before it and in the old dialects. */
  readonly session: string | undefined;
  /** The hub's last server_status. In the flat dialect `listening` is whether a session is open. */
  readonly listening: boolean;
  readonly speaking: boolean;
  /** The turn's state as the hub names it; undefined before the first server_status. */
  readonly hubState: string | undefined;
  readonly paired: boolean;
  readonly led: { readonly r: number; readonly g: number; readonly b: number; readonly brightness: number };
  /** 0..1. */
  readonly volume: number;
  readonly muted: boolean;
  /** Level of the last microphone chunk in dB of full scale. */
  readonly micDb: number;
  readonly wifiRssi: number;
  /** 0..1. */
  readonly battery: number;
  /** Sound is coming out of the speaker. */
  readonly audible: boolean;
  readonly bufferedMs: number;
  readonly receivedSamples: number;
  readonly playedSamples: number;
  readonly underruns: number;
  readonly overrunBytes: number;
  readonly tones: readonly string[];
  /** Turns that were played to their end, in order. */
  readonly turnsPlayed: readonly string[];
  /** Text frames that could not be understood. */
  readonly notUnderstood: number;
  readonly micChunks: number;
}

/** Something that happened to a satellite. */
export type SatelliteHappening =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly code: number; readonly reason: string }
  | { readonly kind: "connect-failed"; readonly problem: string }
  | { readonly kind: "hello"; readonly session: string }
  | {
      readonly kind: "status";
      readonly listening: boolean;
      readonly speaking: boolean;
      readonly state: string;
    }
  | { readonly kind: "command"; readonly command: ServerCommand }
  | { readonly kind: "speech-start"; readonly turn: string; readonly text: string | undefined }
  | { readonly kind: "speech-end"; readonly turn: string }
  | { readonly kind: "session-end" }
  /** The last sample of something said has been sent. */
  | { readonly kind: "said"; readonly ms: number }
  | { readonly kind: "sent"; readonly type: string }
  | { readonly kind: "fault"; readonly fault: string }
  | { readonly kind: "not-understood" }
  | SpeakerReport;

/** A happening with its time on the satellite's clock. */
export type SatelliteEventRecord = SatelliteHappening & { readonly atMs: number };

/** What was waited for did not come. */
export class NotInTime extends Error {
  override readonly name = "NotInTime";
}

/** Events remembered: enough for a scenario of some minutes, bounded for a soak of days. */
const MAX_EVENTS = 10_000;

/**
 * The satellite's diary: remembers what happened and wakes whoever waits for something.
 *
 * Waiting is by events, never by polling: a condition is looked at once at the start and again after everything
 * that happens.
 */
export class Diary {
  readonly #clock: SimClock;
  readonly #listeners = new Set<(event: SatelliteEventRecord | undefined) => void>();
  #events: SatelliteEventRecord[] = [];
  #forgotten = 0;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Number of events so far. Pass it to `since` to wait only for what comes after. */
  get length(): number {
    return this.#forgotten + this.#events.length;
  }

  /** Events from number `since` on; those beyond the last 10 000 are gone. */
  since(since: number): readonly SatelliteEventRecord[] {
    return this.#events.slice(Math.max(0, since - this.#forgotten));
  }

  write(happening: SatelliteHappening): void {
    const event = { ...happening, atMs: this.#clock.now() };
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) {
      this.#events.shift();
      this.#forgotten += 1;
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Something changed that is no event, such as a level: look at conditions again. */
  touch(): void {
    for (const listener of [...this.#listeners]) listener(undefined);
  }

  /** Call `handler` for every event until `signal` aborts. */
  on(signal: AbortSignal, handler: (event: SatelliteEventRecord) => void): void {
    if (signal.aborted) return;
    const listener = (event: SatelliteEventRecord | undefined) => {
      if (event) handler(event);
    };
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  /**
   * Wait until `look` gives something other than undefined.
   *
   * @throws {NotInTime} with `what` when `withinMs` pass without; the signal's reason when it aborts.
   */
  async until<T>(
    look: () => T | undefined,
    options: { readonly what: string; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<T> {
    options.signal.throwIfAborted();
    const now = look();
    if (now !== undefined) return now;
    const found = Promise.withResolvers<T>();
    const over = new AbortController();
    const listener = () => {
      const value = look();
      if (value !== undefined) found.resolve(value);
    };
    this.#listeners.add(listener);
    const waiting = this.#clock.sleep(options.withinMs, AbortSignal.any([options.signal, over.signal]));
    waiting.then(
      () => found.reject(new NotInTime(`not within ${options.withinMs} ms: ${options.what}`)),
      () => found.reject(options.signal.reason),
    );
    try {
      return await found.promise;
    } finally {
      this.#listeners.delete(listener);
      over.abort();
    }
  }
}
