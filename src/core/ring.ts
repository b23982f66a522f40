import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";

/**
 * The last few seconds of one session's microphone, with every sample named by a rising index.
 *
 * Sample 0 is the first the session ever heard; the index never wraps and never repeats, so pre-roll, hand-over to
 * engines and detections all speak of the same moment exactly. Audio known to be missing is stepped over with
 * `skip`, which keeps the index true to time. A full ring overwrites its oldest frame and counts it, and a reader
 * that asks for samples no longer (or not yet) here gets what there is.
 */
export class FrameRing {
  readonly #samples: Int16Array;
  readonly #capacity: number;
  #nextSample = 0;
  #overwrittenFrames = 0;
  #heldFrames = 0;

  /** `capacityMs` is rounded up to whole frames. Memory: 32 bytes per millisecond. */
  constructor(capacityMs: number) {
    const frames = Math.max(1, Math.ceil((capacityMs * 16) / FRAME_SAMPLES));
    this.#capacity = frames * FRAME_SAMPLES;
    this.#samples = new Int16Array(this.#capacity);
  }

  /** Index the next sample will get; equals the number of samples that have passed. */
  get nextSample(): number {
    return this.#nextSample;
  }

  /** Index of the oldest sample still here. */
  get oldestSample(): number {
    return this.#nextSample - this.#heldFrames * FRAME_SAMPLES;
  }

  /** Frames that were overwritten since the start. */
  get overwrittenFrames(): number {
    return this.#overwrittenFrames;
  }

  /** Store a copy of one frame. Returns the index of its first sample. */
  push(frame: PcmFrame): number {
    const first = this.#nextSample;
    this.#samples.set(frame, first % this.#capacity);
    this.#advance(1);
    return first;
  }

  /** Step over lost audio: `frames` frames of silence take its place. */
  skip(frames: number): void {
    for (let i = 0; i < Math.min(frames, this.#capacity / FRAME_SAMPLES); i++) {
      const at = (this.#nextSample + i * FRAME_SAMPLES) % this.#capacity;
      this.#samples.fill(0, at, at + FRAME_SAMPLES);
    }
    this.#advance(frames);
  }

  /**
   * Copies of the whole frames from the one that holds `sample` up to now, oldest first.
   *
   * Starts at the oldest frame still here when `sample` has been overwritten; empty when `sample` is in the future.
   */
  framesFrom(sample: number): { readonly firstSample: number; readonly frames: PcmFrame[] } {
    const start = Math.max(this.oldestSample, Math.floor(sample / FRAME_SAMPLES) * FRAME_SAMPLES);
    const frames: PcmFrame[] = [];
    for (let at = start; at < this.#nextSample; at += FRAME_SAMPLES) {
      const offset = at % this.#capacity;
      frames.push(this.#samples.slice(offset, offset + FRAME_SAMPLES));
    }
    return { firstSample: start, frames };
  }

  #advance(frames: number): void {
    this.#nextSample += frames * FRAME_SAMPLES;
    const limit = this.#capacity / FRAME_SAMPLES;
    const held = this.#heldFrames + frames;
    this.#overwrittenFrames += Math.max(0, held - limit);
    this.#heldFrames = Math.min(limit, held);
  }
}
