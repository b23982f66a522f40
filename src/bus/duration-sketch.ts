/** Neighbouring buckets differ by 2 %, so a quantile is wrong by 1 % at most. */
const RATIO = 1.02;
/** The shortest duration told from nothing, in milliseconds. */
const SHORTEST_MS = 0.001;

/**
 * Durations, as counts in buckets that widen with the duration.
 *
 * Between a microsecond and an hour there are some 1,100 buckets, so however many durations are added it stays small.
 */
export class DurationSketch {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  /** The longest, exactly. */
  get maxMs(): number {
    return this.#maxMs;
  }

  add(ms: number): void {
    const bucket = ms <= SHORTEST_MS ? 0 : Math.ceil(Math.log(ms / SHORTEST_MS) / Math.log(RATIO));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** The duration that a `share` (0..1) of all are not above, to within 1 %; 0 when there are none. */
  quantileMs(share: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen < rank) continue;
      const top = SHORTEST_MS * RATIO ** bucket;
      return bucket === 0 ? 0 : Math.min(this.#maxMs, (top * 2) / (1 + RATIO));
    }
    return this.#maxMs;
  }
}
