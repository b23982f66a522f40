/**
 * Time, injected.
 *
 * Durations are measured with `now`, which never jumps; `wallMs` is what a calendar shows and may jump in either
 * direction (a Pi boots in 1970 and then learns the time).
 */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start, with sub-millisecond resolution. */
  now(): number;
  /** Milliseconds since the Unix epoch, as the system believes them. */
  wallMs(): number;
  /**
   * Wait for `ms` milliseconds of monotonic time; 0 or less yields to the event loop once.
   *
   * Rejects with the signal's reason as soon as `signal` aborts, leaving no timer behind.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
