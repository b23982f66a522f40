import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "#ports/clock.ts";
import type { ProcessFigures } from "#ports/process-figures.ts";

/** How often the event loop is looked at, in milliseconds. */
const RESOLUTION_MS = 20;
const MIB = 1024 * 1024;
const NANOSECONDS = 1e6;

/** Measure this process from now on. */
export function processFigures(clock: Clock): ProcessFigures {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let before: { readonly at: number; readonly cpuMs: number } | undefined;
  return {
    read() {
      const { user, system } = process.cpuUsage();
      const now = { at: clock.now(), cpuMs: (user + system) / 1000 };
      const elapsedMs = before ? now.at - before.at : 0;
      const cpuPercent = before && elapsedMs > 0 ? ((now.cpuMs - before.cpuMs) / elapsedMs) * 100 : 0;
      before = now;
      const loopDelay = {
        meanMs: finite(delays.mean / NANOSECONDS),
        p99Ms: finite(delays.percentile(99) / NANOSECONDS),
        maxMs: finite(delays.max / NANOSECONDS),
      };
      delays.reset();
      return { memoryMb: process.memoryUsage.rss() / MIB, cpuPercent, loopDelay };
    },
    [Symbol.dispose]() {
      delays.disable();
    },
  };
}

/** A figure of nothing measured yet is 0. */
function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}
