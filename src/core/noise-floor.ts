import { FRAME_MS } from "./pcm.ts";

// The quietest 20 ms of each second; the floor is the quietest of the last eight seconds. Speech pauses more often
// than that, so the floor is the room and not the speaker (minimum statistics, R. Martin 2001, in its simplest form).
const BLOCK_FRAMES = 1000 / FRAME_MS;
const BLOCKS = 8;

/**
 * The level of a room when nobody speaks, in dB of full scale.
 *
 * Fed with the level of every frame. Follows a room that grows quieter at once and one that grows louder within
 * eight seconds. Constant memory and time per frame.
 */
export class NoiseFloor {
  readonly #minima: number[] = [];
  #block = Number.POSITIVE_INFINITY;
  #frames = 0;

  /** Take in the level of one frame, in dB of full scale. */
  push(levelDb: number): void {
    this.#block = Math.min(this.#block, levelDb);
    this.#frames += 1;
    if (this.#frames < BLOCK_FRAMES) return;
    this.#minima.push(this.#block);
    if (this.#minima.length > BLOCKS) this.#minima.shift();
    this.#block = Number.POSITIVE_INFINITY;
    this.#frames = 0;
  }

  /** The floor now; -100 before the first frame. */
  get levelDb(): number {
    const floor = Math.min(this.#block, ...this.#minima);
    return Number.isFinite(floor) ? floor : -100;
  }
}
