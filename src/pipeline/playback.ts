import { Cancelled } from "#core/faults.ts";
import { bytesOf, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ } from "#core/pcm.ts";
import type { Clock } from "#ports/clock.ts";
import type { Satellite } from "#ports/satellite.ts";

/**
 * Speech, paced, back to the socket.
 *
 * Audio is sent at the speed it is heard, ahead of the speaker by a lead: frame k leaves no earlier than
 * `start + k·20 ms − lead`, an absolute deadline, so lateness never adds up. What has not been sent can be cut at
 * once by a barge-in; what has been sent is taken back with `stop_playback`.
 */

// At most 300 ms, as much as a barge-in may have to recall; at most 0.6 of the speaker's buffer, so that jitter in
// either direction neither empties nor overflows it (ESPHome boards hold 512 ms).
const MAX_LEAD_MS = 300;
const LEAD_OF_BUFFER = 0.6;
// The first sound waits for this much audio, so that one slow chunk does not make the speaker stutter.
const PREFILL_FRAMES = 3;
// A satellite that promises to report the end of playback and does not is not waited for longer than this.
const REPORT_GRACE_MS = 2000;

/** Audio of one sentence. */
export interface SpeechChunk {
  readonly pcm: Int16Array;
  /** Which sentence of the reply it voices, from 0. */
  readonly sentence: number;
}

/** One turn's speech on its way to one satellite. */
export class Playback {
  readonly #clock: Clock;
  readonly #satellite: Satellite;
  readonly #turnId: string;
  readonly #leadMs: number;
  readonly #onFirstFrame: () => void;
  /** Monotonic time at which sample 0 is heard; moved when the source runs dry. */
  #startedAt = 0;
  #sentFrames = 0;
  #shortfalls = 0;
  #reportedSamples = 0;
  #complete: (() => void) | undefined;
  /** For each sentence, the sample at which it begins. */
  readonly #sentenceStarts: number[] = [];
  #queuedSamples = 0;

  constructor(deps: { clock: Clock; satellite: Satellite; turnId: string; onFirstFrame: () => void }) {
    this.#clock = deps.clock;
    this.#satellite = deps.satellite;
    this.#turnId = deps.turnId;
    this.#onFirstFrame = deps.onFirstFrame;
    this.#leadMs = Math.min(MAX_LEAD_MS, LEAD_OF_BUFFER * deps.satellite.hello.speaker_buffer_ms);
  }

  /** Milliseconds of audio sent so far. */
  get sentMs(): number {
    return this.#sentFrames * FRAME_MS;
  }

  /** How often the source had nothing when the speaker needed it. */
  get shortfalls(): number {
    return this.#shortfalls;
  }

  /** Samples heard by now: as the satellite reports, else as time tells. */
  playedSamples(): number {
    if (this.#reportedSamples > 0) return this.#reportedSamples;
    if (this.#sentFrames === 0) return 0;
    const elapsed = ((this.#clock.now() - this.#startedAt) * SAMPLE_RATE_HZ) / 1000;
    return Math.max(0, Math.min(this.#sentFrames * FRAME_SAMPLES, Math.floor(elapsed)));
  }

  /** Which sentence is being heard, and how much of it, 0..1; undefined before the first sound. */
  position(): { readonly sentence: number; readonly ratio: number } | undefined {
    const played = this.playedSamples();
    if (played === 0) return undefined;
    const next = this.#sentenceStarts.findIndex((start) => start > played);
    const sentence = next === -1 ? this.#sentenceStarts.length - 1 : next - 1;
    const start = this.#sentenceStarts[sentence] ?? 0;
    const end = this.#sentenceStarts[sentence + 1] ?? this.#queuedSamples;
    return { sentence, ratio: end <= start ? 1 : Math.min(1, (played - start) / (end - start)) };
  }

  /** The satellite reports how far it has played. */
  reported(samples: number): void {
    this.#reportedSamples = Math.min(
      this.#sentFrames * FRAME_SAMPLES,
      Math.max(this.#reportedSamples, samples),
    );
  }

  /** The satellite reports that it has played everything. */
  completed(): void {
    this.#complete?.();
  }

  /**
   * Play everything, and resolve when the last sample has been heard.
   *
   * On abort it rejects with the signal's reason and sends nothing more; the caller stops the satellite.
   *
   * @throws {Cancelled} by `disconnect` when the link dropped a frame.
   */
  async run(chunks: AsyncIterable<SpeechChunk>, signal: AbortSignal): Promise<void> {
    const held: Int16Array[] = [];
    let rest = new Int16Array(0);
    for await (const chunk of chunks) {
      this.#sentenceStarts[chunk.sentence] ??= this.#queuedSamples;
      this.#queuedSamples += chunk.pcm.length;
      const samples = rest.length === 0 ? chunk.pcm : joined(rest, chunk.pcm);
      let at = 0;
      for (; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) {
        held.push(samples.slice(at, at + FRAME_SAMPLES));
        if (this.#sentFrames > 0 || held.length >= PREFILL_FRAMES) await this.#send(held, signal);
      }
      rest = samples.slice(at);
    }
    if (rest.length > 0) {
      const last = new Int16Array(FRAME_SAMPLES);
      last.set(rest);
      held.push(last);
    }
    await this.#send(held, signal);
    if (this.#sentFrames === 0) return;
    this.#satellite.speechEnd(this.#turnId);
    await this.#heard(signal);
  }

  async #send(frames: Int16Array[], signal: AbortSignal): Promise<void> {
    for (let frame = frames.shift(); frame; frame = frames.shift()) {
      signal.throwIfAborted();
      await this.#waitForTurn(signal);
      const outcome = this.#satellite.playAudioChunk(bytesOf(frame));
      if (outcome === "dropped") throw new Cancelled("disconnect");
      this.#sentFrames += 1;
      if (outcome === "congested") await this.#satellite.drained(signal);
    }
  }

  async #waitForTurn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    if (this.#sentFrames === 0) {
      this.#startedAt = now;
      this.#satellite.speechStart(this.#turnId);
      this.#onFirstFrame();
      return;
    }
    const heardAt = this.#startedAt + this.#sentFrames * FRAME_MS;
    if (now > heardAt) {
      this.#shortfalls += 1;
      this.#startedAt += now - heardAt;
      return;
    }
    const due = heardAt - this.#leadMs;
    if (due > now) await this.#clock.sleep(due - now, signal);
  }

  async #heard(signal: AbortSignal): Promise<void> {
    const remainingMs = this.#startedAt + this.sentMs - this.#clock.now();
    if (!this.#satellite.reportsPlayback) {
      if (remainingMs > 0) await this.#clock.sleep(remainingMs, signal);
      return;
    }
    const waited = new AbortController();
    const complete = new Promise<void>((resolve) => {
      this.#complete = resolve;
    });
    const grace = this.#clock.sleep(
      Math.max(0, remainingMs) + REPORT_GRACE_MS,
      AbortSignal.any([signal, waited.signal]),
    );
    try {
      await Promise.race([complete, grace]);
    } finally {
      waited.abort();
      // The loser of the race ends by the abort above; its rejection is expected.
      grace.catch(() => undefined);
    }
    signal.throwIfAborted();
  }
}

function joined(a: Int16Array, b: Int16Array): Int16Array {
  const both = new Int16Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
