/** One stretch of a turn. */
export interface TraceSegment {
  readonly name: string;
  readonly ms: number;
}

/**
 * Where a turn's time went.
 *
 * Each `mark` closes the segment that began at the mark before, so segments are contiguous and their sum is the
 * measured total by construction; time nobody named shows up under the next name rather than vanishing.
 */
export class Trace {
  readonly #segments: TraceSegment[] = [];
  readonly #startMs: number;
  #lastMs: number;

  /** `nowMs` is monotonic. */
  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#lastMs = nowMs;
  }

  /** Close the running segment under `name`. A moment before the last mark counts as that mark. */
  mark(name: string, nowMs: number): void {
    const at = Math.max(nowMs, this.#lastMs);
    this.#segments.push({ name, ms: at - this.#lastMs });
    this.#lastMs = at;
  }

  /** Whether a segment of this name has been closed. */
  has(name: string): boolean {
    return this.#segments.some((segment) => segment.name === name);
  }

  /** The segments so far and their sum. */
  report(): { readonly total_ms: number; readonly segments: TraceSegment[] } {
    return { total_ms: this.#lastMs - this.#startMs, segments: [...this.#segments] };
  }
}
