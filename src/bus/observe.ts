import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { ProcessFigures, ProcessReading } from "#ports/process-figures.ts";
import type { RollupStore } from "#ports/rollup-store.ts";
import type { Instruments } from "./instruments.ts";
import type { MinuteRollups } from "./rollups.ts";

/** How often `system_metrics` is published: the original's interval. */
const METRICS_EVERY_MS = 5000;
/** The pause after a failure: the original's. */
const AFTER_FAILURE_MS = 1000;
/** A delay of the event loop that is worth an alert: two frames and a half of every satellite came late. */
const STALL_MS = 50;
/** A hub that is slow all the time says so this often. */
const ALERT_EVERY_MS = 60_000;

export interface ObserveOptions {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly instruments: Instruments;
  readonly figures: ProcessFigures;
  readonly rollups: MinuteRollups;
  readonly store: RollupStore;
  /** Told of every reading. */
  readonly onReading: (reading: ProcessReading) => void;
  readonly signal: AbortSignal;
}

/** Publish what the process uses, now and every 5 s, and keep every minute's rollups, until `signal` aborts. */
export async function observe(options: ObserveOptions): Promise<void> {
  await Promise.all([publishMetrics(options), keepRollups(options)]);
  options.store.write(options.rollups.take());
}

async function publishMetrics({
  bus,
  clock,
  instruments,
  figures,
  onReading,
  signal,
}: ObserveOptions): Promise<void> {
  let alerts = 0;
  let alertedAt = Number.NEGATIVE_INFINITY;
  const alert = (delayMs: number) => {
    alerts += 1;
    alertedAt = clock.now();
    bus.publish({
      type: "performance_alert",
      alert_id: `event-loop-${alerts}`,
      component: "hub",
      metric_name: "event_loop_delay_ms",
      current_value: delayMs,
      threshold_value: STALL_MS,
      severity: "warning",
      message: `The hub's thread was held for ${Math.round(delayMs)} ms.`,
    });
  };
  while (!signal.aborted) {
    let pauseMs = METRICS_EVERY_MS;
    try {
      const reading = figures.read();
      onReading(reading);
      instruments.publishMetrics(reading);
      const { maxMs } = reading.loopDelay;
      if (maxMs > STALL_MS && clock.now() - alertedAt >= ALERT_EVERY_MS) alert(maxMs);
    } catch {
      pauseMs = AFTER_FAILURE_MS;
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

async function keepRollups({ clock, rollups, store, signal }: ObserveOptions): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(rollups.endsInMs, signal).catch(() => undefined);
    if (!signal.aborted && rollups.endsInMs <= 0) store.write(rollups.take());
  }
}
