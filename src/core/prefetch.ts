/**
 * Pull from `source` ahead of the consumer, holding at most `limit` items.
 *
 * Lets a slow producer (a voice being synthesised) work while what it made before is still being played. Errors
 * of the source reach the consumer after the items made before them. Leaving the loop early returns the source.
 */
export async function* prefetch<T>(
  source: AsyncIterable<T>,
  limit: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const ready: Promise<IteratorResult<T>>[] = [];
  const pull = () => {
    const next = ready.length === 0 ? iterator.next() : chained(ready.at(-1), iterator);
    // A rejection is seen by whoever awaits the item; until then it must not count as unhandled.
    next.catch(() => undefined);
    ready.push(next);
  };
  try {
    for (let i = 0; i < limit; i++) pull();
    for (;;) {
      const next = ready.shift();
      if (!next) return;
      const result = await next;
      if (result.done) return;
      pull();
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Ask for the next item only after the one before has come: not every iterator queues its calls. */
async function chained<T>(
  before: Promise<IteratorResult<T>> | undefined,
  iterator: AsyncIterator<T>,
): Promise<IteratorResult<T>> {
  const last = await before;
  if (last?.done) return last;
  return iterator.next();
}
