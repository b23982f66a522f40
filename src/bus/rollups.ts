import type { Rollup } from "#ports/rollup-store.ts";
import { DurationSketch } from "./duration-sketch.ts";
import type { TimedOperation } from "./instruments.ts";

const MINUTE_SECONDS = 60;

/** Sums up operations by the minute. Minutes are the calendar's; when the clock jumps, the minute ends early. */
export class MinuteRollups {
  readonly #wallMs: () => number;
  #minute: number;
  #operations = new Map<string, DurationSketch>();

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
    this.#minute = minuteOf(wallMs());
  }

  /** Add an operation to the minute that runs; call `take` before when that has ended. */
  add({ component, operation, durationMs }: TimedOperation): void {
    const name = `${component}.${operation}`;
    const sketch = this.#operations.get(name) ?? new DurationSketch();
    sketch.add(durationMs);
    this.#operations.set(name, sketch);
  }

  /** Milliseconds of calendar time until the minute ends; 0 when it has, also because the clock was put back. */
  get endsInMs(): number {
    const wallMs = this.#wallMs();
    if (wallMs < this.#minute * 1000) return 0;
    return Math.max(0, (this.#minute + MINUTE_SECONDS) * 1000 - wallMs);
  }

  /** End the minute: what happened in it. */
  take(): Rollup[] {
    const minute = this.#minute;
    const operations = this.#operations;
    this.#minute = minuteOf(this.#wallMs());
    this.#operations = new Map();
    return [...operations].map(([operation, sketch]) => ({
      minute,
      operation,
      count: sketch.count,
      p50_ms: rounded(sketch.quantileMs(0.5)),
      p95_ms: rounded(sketch.quantileMs(0.95)),
      max_ms: rounded(sketch.maxMs),
    }));
  }
}

function minuteOf(wallMs: number): number {
  return Math.floor(wallMs / 1000 / MINUTE_SECONDS) * MINUTE_SECONDS;
}

/** To the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
