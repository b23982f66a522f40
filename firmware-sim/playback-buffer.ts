import { SAMPLE_RATE_HZ, samplesFromBytes } from "#core/pcm.ts";

/**
 * Sound that pauses for less than this and then goes on was meant to be continuous, where nothing announces its
 * beginning and end. Longer pauses part one utterance from the next.
 */
export const BURST_GAP_MS = 300;

/** The speaker ran out of sound in the middle of something. */
export interface Underrun {
  /** When it ran dry, on the caller's clock. */
  readonly atMs: number;
  /** How long nothing was heard. */
  readonly gapMs: number;
}

/** A turn whose sound has been played to its end. */
export interface PlayedTurn {
  readonly turn: string;
  readonly samples: number;
}

/** Where played sound goes: a recording, an echo into the microphone. */
export type PlayedListener = (
  samples: Int16Array,
  turn: string | undefined,
  startMs: number,
  continues: boolean,
) => void;

/**
 * A speaker's buffer: takes sound as it arrives and plays it at 16 kHz.
 *
 * Pure: time is what the caller says, and must not go backwards. Sound that does not fit is lost (the newest), as
 * in an ESP32's ring. It plays from the first sample on: a satellite does not know how much is still to come.
 */
export class PlaybackBuffer {
  readonly #capacitySamples: number;
  readonly #onPlayed: PlayedListener;
  readonly #turns = new Map<string, { received: number; played: number; ended: boolean }>();
  readonly #underruns: Underrun[] = [];
  #queue: { turn: string | undefined; samples: Int16Array }[] = [];
  #queued = 0;
  #openTurn: string | undefined;
  #oddByte: number | undefined;
  #playedUntilMs = 0;
  #fraction = 0;
  #dry: { atMs: number; turn: string | undefined } | undefined;
  #playing = false;
  #ratio = 1;
  #playedSamples = 0;
  #receivedSamples = 0;
  #droppedBytes = 0;

  constructor(capacityMs: number, onPlayed: PlayedListener) {
    this.#capacitySamples = Math.round((capacityMs * SAMPLE_RATE_HZ) / 1000);
    this.#onPlayed = onPlayed;
  }

  get bufferedSamples(): number {
    return this.#queued;
  }
  /** Samples that came out of the speaker since the start. */
  get playedSamples(): number {
    return this.#playedSamples;
  }
  /** Samples that arrived since the start, those that did not fit included. */
  get receivedSamples(): number {
    return this.#receivedSamples;
  }
  /** Bytes lost because the buffer was full. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }
  get underruns(): readonly Underrun[] {
    return this.#underruns;
  }
  /** The turn whose sound is coming out now; undefined in silence and for sound outside any turn. */
  get playingTurn(): string | undefined {
    return this.#queue[0]?.turn;
  }
  /** When the sound it has will have been played, undefined in silence. */
  get dryAtMs(): number | undefined {
    if (this.#queued === 0) return undefined;
    return this.#playedUntilMs + ((this.#queued - this.#fraction) * 1000) / this.#rateHz;
  }

  /** Let the crystal run fast (positive) or slow by so many parts per million, from now on. */
  setDriftPpm(ppm: number): void {
    this.#ratio = 1 + ppm / 1e6;
  }

  /** Samples of a turn that have been played; 0 for a turn that is unknown or over. */
  positionOf(turn: string): number {
    return this.#turns.get(turn)?.played ?? 0;
  }

  /** The sound that follows belongs to `turn`. */
  begin(turn: string): void {
    this.#openTurn = turn;
    this.#turns.set(turn, { received: 0, played: 0, ended: false });
  }

  /** No more sound comes for `turn`. The next `advance` says whether it has been played to its end. */
  end(turn: string): void {
    const known = this.#turns.get(turn);
    if (known) known.ended = true;
    if (this.#openTurn === turn) this.#openTurn = undefined;
    if (this.#dry?.turn === turn) this.#dry = undefined;
  }

  /** Take sound. Returns the bytes that did not fit. The caller may reuse `bytes`. */
  push(bytes: Uint8Array, nowMs: number): number {
    this.#play(nowMs);
    const samples = samplesFromBytes(this.#evened(bytes));
    if (samples.length === 0) return 0;
    const turn = this.#openTurn;
    if (this.#queued === 0) this.#resume(turn, nowMs);
    const take = Math.min(samples.length, this.#capacitySamples - this.#queued);
    if (take > 0) this.#queue.push({ turn, samples: samples.subarray(0, take) });
    this.#queued += take;
    this.#receivedSamples += samples.length;
    const state = turn === undefined ? undefined : this.#turns.get(turn);
    if (state) state.received += samples.length;
    const lost = (samples.length - take) * 2;
    this.#droppedBytes += lost;
    return lost;
  }

  /** Play until `nowMs`; returns the turns that came to their end. */
  advance(nowMs: number): PlayedTurn[] {
    this.#play(nowMs);
    const over: PlayedTurn[] = [];
    for (const [turn, state] of this.#turns) {
      if (!state.ended || this.#queue.some((chunk) => chunk.turn === turn)) continue;
      this.#turns.delete(turn);
      over.push({ turn, samples: state.played });
    }
    return over;
  }

  /** Fall silent and forget everything, also what is still announced. Returns the samples thrown away. */
  clear(nowMs: number): number {
    this.#play(nowMs);
    const thrown = this.#queued;
    this.#queue = [];
    this.#queued = 0;
    this.#turns.clear();
    this.#openTurn = undefined;
    this.#oddByte = undefined;
    this.#dry = undefined;
    this.#playing = false;
    this.#fraction = 0;
    return thrown;
  }

  get #rateHz(): number {
    return SAMPLE_RATE_HZ * this.#ratio;
  }

  #evened(bytes: Uint8Array): Uint8Array {
    const carried = this.#oddByte;
    const length = bytes.byteLength + (carried === undefined ? 0 : 1);
    if (carried === undefined && length % 2 === 0) return bytes;
    const joined = new Uint8Array(length);
    if (carried !== undefined) joined[0] = carried;
    joined.set(bytes, carried === undefined ? 0 : 1);
    this.#oddByte = length % 2 === 1 ? joined[length - 1] : undefined;
    return joined;
  }

  #resume(turn: string | undefined, nowMs: number): void {
    const dry = this.#dry;
    this.#dry = undefined;
    this.#playedUntilMs = nowMs;
    this.#fraction = 0;
    this.#playing = false;
    if (!dry || dry.turn !== turn) return;
    const gapMs = nowMs - dry.atMs;
    if (turn === undefined && gapMs >= BURST_GAP_MS) return;
    this.#underruns.push({ atMs: dry.atMs, gapMs });
  }

  #play(nowMs: number): void {
    if (this.#queued === 0) return;
    const due = ((nowMs - this.#playedUntilMs) * this.#rateHz) / 1000 + this.#fraction;
    if (due < 1) return;
    const dryAtMs = this.dryAtMs ?? nowMs;
    let left = Math.min(Math.floor(due), this.#queued);
    let startMs = this.#playedUntilMs;
    while (left > 0) {
      const chunk = this.#queue[0];
      if (!chunk) break;
      const part = chunk.samples.subarray(0, left);
      left -= part.length;
      this.#queued -= part.length;
      this.#playedSamples += part.length;
      const state = chunk.turn === undefined ? undefined : this.#turns.get(chunk.turn);
      if (state) state.played += part.length;
      this.#onPlayed(part, chunk.turn, startMs, this.#playing);
      this.#playing = true;
      startMs += (part.length * 1000) / this.#rateHz;
      if (part.length < chunk.samples.length) chunk.samples = chunk.samples.subarray(part.length);
      else this.#queue.shift();
      if (this.#queued === 0) this.#dry = { atMs: dryAtMs, turn: chunk.turn };
    }
    this.#playedUntilMs = nowMs;
    this.#fraction = this.#queued === 0 ? 0 : due % 1;
    const dryTurn = this.#dry?.turn;
    if (dryTurn !== undefined && this.#turns.get(dryTurn)?.ended !== false) this.#dry = undefined;
  }
}
