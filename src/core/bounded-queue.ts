/** What a full queue does with the next item. */
export type Overflow = "drop-oldest" | "drop-newest";

/**
 * A bounded bridge from a push source (a socket, a callback) to a pulled `AsyncIterable`.
 *
 * One consumer. When `limit` items wait, the overflow policy decides which is lost, and `dropped` counts it.
 * `end()` lets the consumer finish what waits; `fail()` lets it finish and then throws.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  readonly #overflow: Overflow;
  #dropped = 0;
  #ended = false;
  #error: { value: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(limit: number, overflow: Overflow) {
    this.#limit = limit;
    this.#overflow = overflow;
  }

  /** Items lost to the overflow policy since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Items waiting now. */
  get size(): number {
    return this.#items.length;
  }

  /** Add an item. Returns false when an item (this one or the oldest) was lost, or the queue has ended. */
  push(item: T): boolean {
    if (this.#ended) return false;
    let kept = true;
    if (this.#items.length >= this.#limit) {
      this.#dropped += 1;
      kept = false;
      if (this.#overflow === "drop-newest") return false;
      this.#items.shift();
    }
    this.#items.push(item);
    this.#notify();
    return kept;
  }

  /** No more items will come; the consumer finishes after those that wait. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** As `end`, and the consumer then throws `error`. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = { value: error };
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift() as T;
      if (this.#ended) {
        if (this.#error) throw this.#error.value;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
