import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { ProcessReading } from "#ports/process-figures.ts";
import { DurationSketch } from "./duration-sketch.ts";

/** What is said with a timed operation: names and counts, never what was said. */
type OperationMetadata = Readonly<Record<string, string | number | boolean | null>>;

/** One operation that was timed. */
export interface TimedOperation {
  readonly component: string;
  readonly operation: string;
  readonly durationMs: number;
}

/** How an operation did since the hub began, in milliseconds. */
interface OperationSummary {
  readonly count: number;
  readonly last_ms: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
}

/** The original's performance layer: operations are timed, published and summed up. */
export interface Instruments {
  /**
   * Run `body` and publish how long it took as `latency_trace`, also when it throws or rejects.
   *
   * Returns what `body` returns; a promise is timed until it settles.
   */
  timeOperation<T>(component: string, operation: string, body: () => T, metadata?: OperationMetadata): T;
  /** Publish an operation that was timed elsewhere. */
  trackOperation(
    component: string,
    operation: string,
    durationMs: number,
    metadata?: OperationMetadata,
  ): void;
  /** Count an operation without publishing it: for those that happen many times a second. */
  countOperation(component: string, operation: string, durationMs: number): void;
  /** How each operation did, by `component.operation`. */
  summary(): Readonly<Record<string, OperationSummary>>;
  /** Publish `system_metrics` and a `component_timing` for every component that did something since the last time. */
  publishMetrics(reading: ProcessReading): void;
}

export interface InstrumentsOptions {
  readonly bus: EventBus;
  readonly clock: Clock;
  /** Told of every operation, published or not. */
  readonly onOperation?: (operation: TimedOperation) => void;
}

/** Operations told apart; the names are the hub's own, so more than this would be a bug. */
const MAX_OPERATIONS = 500;

export function createInstruments(options: InstrumentsOptions): Instruments {
  const { bus, clock, onOperation } = options;
  const startedAt = clock.now();
  const operations = new Map<string, { readonly sketch: DurationSketch; lastMs: number }>();
  let recent = new Map<string, Record<string, number>>();

  function countOperation(component: string, operation: string, durationMs: number): void {
    const ms = Number.isFinite(durationMs) ? Math.max(0, durationMs) : 0;
    const known = operations.has(`${component}.${operation}`) || operations.size < MAX_OPERATIONS;
    const [in_, name] = known ? [component, operation] : ["other", "other"];
    const timed = operations.get(`${in_}.${name}`) ?? { sketch: new DurationSketch(), lastMs: 0 };
    timed.sketch.add(ms);
    timed.lastMs = ms;
    operations.set(`${in_}.${name}`, timed);
    const timings = recent.get(in_) ?? {};
    timings[name] = ms;
    recent.set(in_, timings);
    onOperation?.({ component: in_, operation: name, durationMs: ms });
  }

  function trackOperation(
    component: string,
    operation: string,
    durationMs: number,
    metadata?: OperationMetadata,
  ): void {
    countOperation(component, operation, durationMs);
    const duration_ms = Number.isFinite(durationMs) ? Math.max(0, durationMs) : 0;
    bus.publish({ type: "latency_trace", component, operation, duration_ms, metadata: metadata ?? null });
  }

  return {
    timeOperation(component, operation, body, metadata) {
      const begunAt = clock.now();
      const report = () => trackOperation(component, operation, clock.now() - begunAt, metadata);
      let isLater = false;
      try {
        const result = body();
        if (!(result instanceof Promise)) return result;
        isLater = true;
        return result.finally(report) as typeof result;
      } finally {
        if (!isLater) report();
      }
    },
    trackOperation,
    countOperation,
    summary: () =>
      Object.fromEntries(
        [...operations].map(([name, { sketch, lastMs }]) => [
          name,
          {
            count: sketch.count,
            last_ms: lastMs,
            p50_ms: sketch.quantileMs(0.5),
            p95_ms: sketch.quantileMs(0.95),
            max_ms: sketch.maxMs,
          },
        ]),
      ),
    publishMetrics({ memoryMb, cpuPercent, loopDelay }) {
      bus.publish({
        type: "system_metrics",
        memory_mb: memoryMb,
        cpu_percent: cpuPercent,
        gpu_vram_mb: null,
        uptime_seconds: (clock.now() - startedAt) / 1000,
        event_loop_delay_ms: loopDelay.maxMs,
      });
      const timings = recent;
      recent = new Map();
      for (const [component, operations] of timings)
        bus.publish({ type: "component_timing", component, timings: operations });
    },
  };
}
