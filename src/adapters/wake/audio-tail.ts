/** The latest samples of a stream, up to a fixed number. */
export class AudioTail {
  readonly #kept: Int16Array;
  #written = 0;

  constructor(samples: number) {
    this.#kept = new Int16Array(samples);
  }

  /** Add samples, at most as many as are kept. They are copied. */
  push(samples: Int16Array): void {
    const at = this.#written % this.#kept.length;
    const fitting = Math.min(samples.length, this.#kept.length - at);
    this.#kept.set(samples.subarray(0, fitting), at);
    this.#kept.set(samples.subarray(fitting), 0);
    this.#written += samples.length;
  }

  /** A copy of what is kept, in order. */
  samples(): Int16Array {
    const at = this.#written % this.#kept.length;
    if (this.#written <= this.#kept.length) return this.#kept.slice(0, this.#written);
    const ordered = new Int16Array(this.#kept.length);
    ordered.set(this.#kept.subarray(at), 0);
    ordered.set(this.#kept.subarray(0, at), this.#kept.length - at);
    return ordered;
  }

  clear(): void {
    this.#written = 0;
  }
}
