import type { SatelliteHello } from "#protocol/satellite.ts";
import type { Dialect } from "./dialect.ts";
import type { Fault } from "./faults.ts";
import type { Recording } from "./recording.ts";
import type { SatelliteEventRecord, SatelliteState } from "./satellite-state.ts";
import type { SimClock } from "./sim-clock.ts";

export interface SatelliteOptions {
  /** For example `ws://127.0.0.1:8765/ws/satellite`; plain and flat firmware names itself with `?device=`. */
  readonly url: string;
  readonly signal: AbortSignal;
  /** Default `hearth`. */
  readonly dialect?: Dialect;
  /** What it says of itself (only in the dialect `hearth`). */
  readonly hello?: Partial<SatelliteHello>;
  /** Sent as `Authorization: Bearer …`; a `pair` command replaces it for the next link. */
  readonly token?: string;
  /** Length of one microphone chunk in ms, default 20. */
  readonly frameMs?: number;
  /** Length of one microphone chunk in bytes instead, also odd. */
  readonly frameBytes?: number;
  /** How much faster than real time the microphone runs, default 1. The speaker always runs in real time. */
  readonly speed?: number;
  /** What the speaker can hold; default hello.speaker_buffer_ms, else 500. */
  readonly speakerBufferMs?: number;
  /** Peak of the room's noise in int16 steps, default 8 (about -76 dBFS); 0 is digital silence. */
  readonly noiseAmplitude?: number;
  /** How much of its own speaker the microphone hears, 0..1, default 0. */
  readonly echoRatio?: number;
  /** Answer to capture_image. */
  readonly image?: { readonly data: Uint8Array; readonly mime: string };
  /** Connect again after a lost link, waiting 0.5–1 × min(firstMs × 2ⁿ, maxMs). Default no. */
  readonly reconnect?: boolean | { readonly firstMs: number; readonly maxMs: number };
  /** Makes noise and faults repeatable, default 1. */
  readonly seed?: number;
  readonly clock?: SimClock;
}

/** A virtual ESP32. Disposing says goodbye, ends its link and everything that runs for it. */
export interface SimulatedSatellite extends AsyncDisposable {
  readonly recording: Recording;
  state(): SatelliteState;
  /** Number of events so far; pass it to `untilEvent` as `since`. */
  mark(): number;
  events(since?: number): readonly SatelliteEventRecord[];
  onEvent(signal: AbortSignal, handler: (event: SatelliteEventRecord) => void): void;
  /** Speak into the microphone after what is still being said; resolves when the last sample was sent. */
  say(pcm: Int16Array): Promise<void>;
  /** Press the button. Flat firmware opens or ends its session with it. */
  press(action?: "pressed" | "long_pressed"): void;
  /** The device heard its wake phrase by itself. Flat firmware sends `hotword_detected` and opens its session. */
  wake(phrase: string, score?: number): void;
  /** Type an utterance instead of saying it. */
  type(text: string): void;
  mute(on: boolean): void;
  inject(fault: Fault): void;
  /** Make a new link although the old one may still be open, as a device does that lost touch. */
  reconnect(): Promise<void>;
  /** @throws {NotInTime} when the state is not so within `withinMs` (default 10 s). */
  until(
    condition: (state: SatelliteState) => boolean,
    what: string,
    withinMs?: number,
  ): Promise<SatelliteState>;
  /** The first event that fits, from event number `since` (default: now) on. @throws {NotInTime} */
  untilEvent(
    fits: (event: SatelliteEventRecord) => boolean,
    what: string,
    options?: { readonly since?: number; readonly withinMs?: number },
  ): Promise<SatelliteEventRecord>;
}
