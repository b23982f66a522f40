import { percentile } from "./statistics.ts";

/**
 * Frames that carry the moment they were sent in their first four samples, as a little-endian double of
 * `sharedNow`, so that whoever gets them can tell their age.
 */

/** Bytes the moment takes. */
const STAMP_BYTES = 8;

/** What is known of the ages of frames. */
export interface Ages {
  readonly frames: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Collects ages. */
export class AgeMeter {
  #ages: number[] = [];
  readonly #bytes = new Uint8Array(STAMP_BYTES);
  readonly #stamp = new Float64Array(this.#bytes.buffer);

  /** Take in one frame that has arrived at `now`. */
  frame(bytes: Uint8Array, now: number): void {
    for (let i = 0; i < STAMP_BYTES; i++) this.#bytes[i] = bytes[i] ?? 0;
    this.#ages.push(now - (this.#stamp[0] ?? 0));
  }

  /** What was collected since the last time. */
  take(): Ages {
    const ages = this.#ages;
    this.#ages = [];
    return {
      frames: ages.length,
      p50Ms: percentile(ages, 50),
      p99Ms: percentile(ages, 99),
      maxMs: percentile(ages, 100),
    };
  }
}
