import { SeqFile } from "./seq-file.ts";

/**
 * Numbers reserved on disk at once.
 *
 * The next block is asked for when half of one is used, so the events of one wait for the disk must fit into the
 * other half: 5,000 in 50 ms, a slow SD card, are a hundred times what a busy home makes.
 */
const BLOCK = 10_000;

/**
 * Numbers the hub may use while the disk refuses to note a reservation.
 *
 * After an unclean stop nobody knows whether it did, so the next run begins this far above the last reservation.
 * At 20 events/s it lasts 14 hours; the number space lasts for nine thousand million unclean stops.
 */
export const UNNOTED = 1_000_000;

/** Hands out sequence numbers that never repeat. */
export class SeqCounter implements Disposable {
  readonly #file: SeqFile;
  #last: number;
  #reserved: number;
  /** What the disk said when it last refused a reservation. */
  #refusal: unknown;
  readonly #cleanStart: boolean;

  /** `newestStored` is the highest number known from elsewhere, for the case that the file is lost. */
  constructor(path: string, newestStored: number) {
    this.#file = new SeqFile(path);
    let last = newestStored;
    let clean = true;
    try {
      const mark = this.#file.read();
      clean = mark ? mark.clean : newestStored === 0;
      last = Math.max(last, mark?.through ?? 0);
    } catch (cause) {
      this.#refusal = cause;
      clean = false;
    }
    this.#cleanStart = clean;
    this.#last = clean ? last : last + UNNOTED;
    this.#reserved = this.#last;
    if (this.#refusal === undefined) this.reserve();
  }

  /** Whether the run before this one stopped in order, or there was none. */
  get cleanStart(): boolean {
    return this.#cleanStart;
  }

  get last(): number {
    return this.#last;
  }

  /** Whether the disk refuses to note reservations. */
  get refused(): boolean {
    return this.#refusal !== undefined;
  }

  /** True when it is time to call `reserve` at a moment that suits better than the next event. */
  get low(): boolean {
    return this.#reserved - this.#last < BLOCK / 2;
  }

  next(): number {
    // A refusing disk is asked again by `reserve` on the journal's retries, not on every event.
    if (this.#last >= this.#reserved && this.#refusal === undefined) this.reserve();
    this.#last += 1;
    return this.#last;
  }

  /** Use no number up to `seq`: events from elsewhere have them. */
  skipTo(seq: number): void {
    if (seq <= this.#last) return;
    this.#last = seq;
    if (seq >= this.#reserved && this.#refusal === undefined) this.reserve();
  }

  /** As `reserve`, waiting for the disk on another thread. */
  async reserveLater(): Promise<void> {
    const through = this.#last + BLOCK;
    try {
      await this.#file.writeLater({ through, clean: false });
      this.#reserved = Math.max(this.#reserved, through);
    } catch (cause) {
      this.#refusal = cause ?? new Error("refused");
    }
  }

  /** Reserve a block ahead. Returns whether the disk has noted it. */
  reserve(): boolean {
    try {
      // A file that could not be read at the start may hold a higher mark than was known then.
      this.#last = Math.max(this.#last, this.#file.read()?.through ?? 0);
      const through = this.#last + BLOCK;
      this.#file.write({ through, clean: false });
      this.#reserved = Math.max(this.#reserved, through);
      this.#refusal = undefined;
      return true;
    } catch (cause) {
      this.#refusal = cause ?? new Error("refused");
      return false;
    }
  }

  /** Note that the hub stops in order, so that the next run goes on with the very next number. */
  [Symbol.dispose](): void {
    try {
      this.#file.write({ through: this.#last, clean: true });
    } catch {
      // The reservation made before still holds; the next run merely begins further up.
    }
    this.#file[Symbol.dispose]();
  }
}
