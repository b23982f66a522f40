/** Reads bits, most significant first, from chunks of any size. */
export class BitReader {
  readonly #chunks: Iterator<Uint8Array>;
  readonly #tooShort: () => Error;
  #chunk = new Uint8Array();
  #at = 0;
  #held = 0;
  #count = 0;

  /** @param tooShort Makes the error thrown when bits are wanted and there are none. */
  constructor(chunks: Iterable<Uint8Array>, tooShort: () => Error) {
    this.#chunks = chunks[Symbol.iterator]();
    this.#tooShort = tooShort;
  }

  /** The next `count` bits, at most 24, as a number. */
  bits(count: number): number {
    while (this.#count < count) {
      if (!this.#fill()) throw this.#tooShort();
      // At most 23 + 8 bits are held: no more than a 32-bit integer takes.
      this.#held = (this.#held << 8) | (this.#chunk[this.#at++] ?? 0);
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }

  /** Skip to the next whole byte. */
  align(): void {
    this.#count -= this.#count % 8;
  }

  /** Whether all whole bytes have been read. */
  atEnd(): boolean {
    return this.#count < 8 && !this.#fill();
  }

  #fill(): boolean {
    while (this.#at >= this.#chunk.length) {
      const next = this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value as Uint8Array<ArrayBuffer>;
      this.#at = 0;
    }
    return true;
  }
}
