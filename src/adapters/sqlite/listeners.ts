/** Functions that are told a value until their signal aborts. */
export class Listeners<T> {
  readonly #handlers = new Set<(value: T) => void>();

  /** Returns whether the handler is told from now on: a signal may have aborted already. */
  add(signal: AbortSignal, handler: (value: T) => void): boolean {
    if (signal.aborted) return false;
    this.#handlers.add(handler);
    signal.addEventListener("abort", () => this.#handlers.delete(handler), { once: true });
    return true;
  }

  tell(value: T): void {
    for (const handler of [...this.#handlers]) handler(value);
  }
}
