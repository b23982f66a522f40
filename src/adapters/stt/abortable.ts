/**
 * Pull from `source` until it ends or `signal` aborts.
 *
 * On abort the iteration rejects at once with the signal's reason, also while the next item is still awaited; the
 * source is told to return, without waiting for it.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  // An abort that nobody is racing against must not count as unhandled.
  aborted.catch(() => undefined);
  let ended = false;
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted]);
      if (result.done) {
        ended = true;
        return;
      }
      yield result.value;
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A source that waits for an item cannot return before it has it: nobody waits for that.
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}
