/** Wait before the first restart, in ms; doubles with every further crash. */
const FIRST_DELAY_MS = 200;
/** Longest wait before a restart, in ms. */
const MAX_DELAY_MS = 10_000;
/** A child that has served this long has shown that it works: its crash counts as a first one. */
const HEALTHY_MS = 30_000;
/** So many crashes … */
const LOOP_CRASHES = 5;
/** … within this time are no accident any more. */
const LOOP_MS = 60_000;

/** What to do after a crash. */
export interface Restart {
  /** 1 for the first restart in a row. */
  readonly attempt: number;
  readonly delayMs: number;
  /** Whether the crashes come so fast that waiting callers are told to go elsewhere. */
  readonly looping: boolean;
}

/** Remembers crashes and decides how long to wait after the next. */
export class CrashHistory {
  #attempt = 0;
  #crashedAt: number[] = [];

  /** A child has crashed at `nowMs` after serving for `servedMs`. */
  crashed(nowMs: number, servedMs: number): Restart {
    if (servedMs >= HEALTHY_MS) {
      this.#attempt = 0;
      this.#crashedAt = [];
    }
    this.#attempt += 1;
    this.#crashedAt = [...this.#crashedAt.filter((at) => nowMs - at < LOOP_MS), nowMs];
    const looping = this.#crashedAt.length >= LOOP_CRASHES;
    const doubled = FIRST_DELAY_MS * 2 ** (this.#attempt - 1);
    return {
      attempt: this.#attempt,
      delayMs: looping ? MAX_DELAY_MS : Math.min(doubled, MAX_DELAY_MS),
      looping,
    };
  }
}
