import type { Clock } from "#ports/clock.ts";

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = after(ms, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      const onAbort = () => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
    });
  },
};

/** Call `done` in `ms`, or for 0 and less in the next turn of the event loop; what is returned prevents it. */
function after(ms: number, done: () => void): () => void {
  if (ms > 0) {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  }
  // Not a timer of 0 ms: Bun 1.4 rounds it up to 1 ms, which adds up for whoever works in small steps.
  const immediate = setImmediate(done);
  return () => clearImmediate(immediate);
}
