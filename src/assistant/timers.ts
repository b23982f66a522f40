import { Cancelled } from "#core/faults.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { NewId } from "#ports/new-id.ts";

/** A countdown that was set on a satellite and rings there. */
export interface Timer {
  readonly id: string;
  readonly satelliteId: string;
  /** What the person called it, in lower-case words. */
  readonly name: string | undefined;
  readonly durationMs: number;
  /** On the monotonic clock. */
  readonly dueAtMs: number;
}

/** Timers one satellite may have at a time. */
export const MAX_TIMERS = 50;
/** Shortest and longest countdown: past a day it is an alarm. */
export const MIN_TIMER_MS = 1000;
export const MAX_TIMER_MS = 24 * 3_600_000;

/**
 * The countdowns of the house.
 *
 * They run on the monotonic clock, so setting the wall clock does not move them. Disposing stops them all without
 * ringing.
 */
export interface Timers extends AsyncDisposable {
  /**
   * Start a countdown. Returns undefined when the satellite has `MAX_TIMERS` already.
   *
   * @throws {RangeError} for a duration outside `MIN_TIMER_MS`..`MAX_TIMER_MS`, and after disposal.
   */
  set(options: {
    readonly satelliteId: string;
    readonly durationMs: number;
    readonly name: string | undefined;
  }): Timer | undefined;
  /** The running timers of a satellite, the next to ring first. */
  list(satelliteId: string): readonly Timer[];
  /** Milliseconds until a timer rings; 0 when it has rung. */
  remainingMs(timer: Timer): number;
  /** Returns false when it is not running any more. */
  cancel(id: string): boolean;
}

export interface TimersDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** A timer is due. It is no longer in the list. Must not block; what it throws is logged. */
  onRing(timer: Timer): void;
}

export function createTimers(deps: TimersDeps): Timers {
  const running = new Map<string, { timer: Timer; controller: AbortController; done: Promise<void> }>();
  let disposed = false;

  const countDown = async (timer: Timer, signal: AbortSignal): Promise<void> => {
    try {
      await deps.clock.sleep(timer.durationMs, signal);
    } catch {
      // The only way a sleep rejects is that the timer was cancelled.
      return;
    }
    running.delete(timer.id);
    try {
      deps.onRing(timer);
    } catch (error) {
      const fault = error instanceof Error ? error.name : "unknown";
      deps.log.error("a timer could not ring", { satelliteId: timer.satelliteId, fault });
    }
  };

  const list = (satelliteId: string): Timer[] =>
    [...running.values()]
      .map(({ timer }) => timer)
      .filter((timer) => timer.satelliteId === satelliteId)
      .sort((a, b) => a.dueAtMs - b.dueAtMs);

  const stop = (id: string, reason: Cancelled): boolean => {
    const entry = running.get(id);
    entry?.controller.abort(reason);
    return running.delete(id);
  };

  return {
    set({ satelliteId, durationMs, name }) {
      if (disposed) throw new RangeError("the timers have been disposed");
      if (!(durationMs >= MIN_TIMER_MS && durationMs <= MAX_TIMER_MS)) {
        throw new RangeError(`a timer takes ${MIN_TIMER_MS}..${MAX_TIMER_MS} ms, got ${durationMs}`);
      }
      if (list(satelliteId).length >= MAX_TIMERS) return undefined;
      const dueAtMs = deps.clock.now() + durationMs;
      const timer: Timer = { id: deps.newId("timer"), satelliteId, name, durationMs, dueAtMs };
      const controller = new AbortController();
      running.set(timer.id, { timer, controller, done: countDown(timer, controller.signal) });
      return timer;
    },
    list,
    remainingMs: (timer) => Math.max(0, timer.dueAtMs - deps.clock.now()),
    cancel: (id) => stop(id, new Cancelled("stop")),
    async [Symbol.asyncDispose]() {
      disposed = true;
      const ending = [...running.values()].map(({ done }) => done);
      for (const id of [...running.keys()]) stop(id, new Cancelled("shutdown"));
      await Promise.all(ending);
    },
  };
}
