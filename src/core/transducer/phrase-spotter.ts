import { BLANK, type Joint, nextContext, START_CONTEXT } from "./joint.ts";

/**
 * Finds given phrases in a transducer's encoder frames.
 *
 *     frame      t     t+1   t+2   …
 *     state 0    0  →   0  →   0        a phrase may begin at any frame
 *                  ↘ token 1
 *     state 1          a₁ →  a₁ + log P(blank | tokens so far)
 *                        ↘ token 2
 *     state N                a_N: the phrase ends here
 *
 * For every phrase the best alignment that ends in each frame is kept (Viterbi). A decoder for keywords prunes its
 * few hypotheses among all words of a language and loses a third of the wakes; this follows nothing but the phrase
 * and loses none. The context of a phrase's tokens never changes, so one call of the joiner serves all of it.
 */

/** A phrase to find. */
export interface PhraseSpec {
  /** Tokens of each way to spell it; at least one way, each of at least one token. */
  readonly spellings: readonly (readonly number[])[];
  /** Mean log-probability per token above which the phrase counts as heard. */
  readonly threshold: number;
}

/** A phrase that was found. */
export interface Spotted {
  /** Index among the phrases. */
  readonly phrase: number;
  /** Mean log-probability of its tokens and the blanks between them, per token; 0 is certain. */
  readonly logProb: number;
  /** Encoder frames, counted from the last reset, of its first and last token. */
  readonly firstFrame: number;
  readonly lastFrame: number;
}

/** Longest phrase, in encoder frames: 2 s. */
const MAX_SPAN = 50;
/** A phrase is not found again for this many frames, 2 s: an echo or a drawn-out syllable is no second wake. */
const LOCK_FRAMES = 50;
const IMPOSSIBLE = -1e9;

interface Track {
  readonly phrase: number;
  readonly threshold: number;
  readonly tokens: readonly number[];
  /** Column of the joiner's answer for the context before each token. */
  readonly columns: readonly number[];
  /** Best score with u tokens written, and the frame its first token was written in. */
  readonly scores: Float64Array;
  readonly starts: Int32Array;
}

/** The search for some phrases in one stream. */
export class PhraseSpotter {
  readonly #joint: Joint;
  readonly #tracks: readonly Track[];
  readonly #contexts: readonly number[];
  #rows: Int32Array = new Int32Array(0);
  #pairs: Int32Array = new Int32Array(0);
  #frame = 0;
  #lockedUntil = 0;
  #peaks: Float64Array;

  constructor(joint: Joint, phrases: readonly PhraseSpec[]) {
    this.#joint = joint;
    const contexts = new Map<number, number>();
    this.#tracks = phrases.flatMap(({ spellings, threshold }, phrase) =>
      spellings.map((tokens) => {
        let context = START_CONTEXT;
        const columns = tokens.map((token) => {
          const column = contexts.get(context) ?? contexts.size;
          contexts.set(context, column);
          context = nextContext(context, token);
          return column;
        });
        const scores = new Float64Array(tokens.length);
        const starts = new Int32Array(tokens.length);
        return { phrase, threshold, tokens, columns, scores, starts };
      }),
    );
    this.#contexts = [...contexts.keys()];
    this.#peaks = new Float64Array(phrases.length);
    this.reset();
  }

  /** Forget what was heard and count frames from 0 again. */
  reset(): void {
    for (const { scores } of this.#tracks) scores.fill(IMPOSSIBLE, 1);
    this.#frame = 0;
    this.#lockedUntil = 0;
    this.#peaks.fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Take in `count` encoder frames. Shape: [count × width].
   *
   * Returns the phrase that ends among them: of several the longest ("hey computer", not "computer"), and that
   * where it stands highest above its threshold. Within two seconds of the last one none is returned.
   */
  push(frames: Float32Array, count: number): Spotted | undefined {
    this.#peaks.fill(Number.NEGATIVE_INFINITY);
    const from = this.#frame;
    this.#frame += count;
    const width = this.#contexts.length;
    if (width === 0) return undefined;
    const logProbs = this.#ask(frames, count);
    let found: Spotted | undefined;
    let length = 0;
    let margin = 0;
    for (let i = 0; i < count; i++) {
      const at = from + i;
      for (const track of this.#tracks) {
        const logProb = this.#advance(track, logProbs, i * width, at);
        if (logProb > (this.#peaks[track.phrase] as number)) this.#peaks[track.phrase] = logProb;
        const above = logProb - track.threshold;
        if (above <= 0 || at < this.#lockedUntil) continue;
        const { tokens } = track;
        if (tokens.length < length || (tokens.length === length && above <= margin)) continue;
        length = tokens.length;
        margin = above;
        const firstFrame = length === 1 ? at : (track.starts[length - 1] as number);
        found = { phrase: track.phrase, logProb, firstFrame, lastFrame: at };
      }
    }
    if (found) this.#lockedUntil = found.lastFrame + LOCK_FRAMES;
    return found;
  }

  /** How near a phrase came within the last push, as `Spotted.logProb`; -∞ when it could not have ended there. */
  peak(phrase: number): number {
    return this.#peaks[phrase] ?? Number.NEGATIVE_INFINITY;
  }

  /** Log-probabilities by frame, then context, then token. */
  #ask(frames: Float32Array, count: number): Float32Array {
    const width = this.#contexts.length;
    if (this.#rows.length !== count * width) {
      this.#rows = Int32Array.from({ length: count * width }, (_, pair) => Math.floor(pair / width));
      this.#pairs = Int32Array.from({ length: count * width }, (_, p) => this.#contexts[p % width] as number);
    }
    return this.#joint.logProbs(frames, this.#rows, this.#pairs);
  }

  /** Bring one spelling forward by a frame; returns the mean log-probability of it ending right here. */
  #advance(track: Track, logProbs: Float32Array, firstColumn: number, at: number): number {
    const { tokens, columns, scores, starts } = track;
    const { vocabulary } = this.#joint;
    const last = tokens.length - 1;
    const row = (u: number) => (firstColumn + (columns[u] as number)) * vocabulary;
    scores[0] = 0;
    starts[0] = at;
    const ended = (scores[last] as number) + (logProbs[row(last) + (tokens[last] as number)] as number);
    for (let u = last; u >= 1; u--) {
      const stay = (scores[u] as number) + (logProbs[row(u) + BLANK] as number);
      const emit = (scores[u - 1] as number) + (logProbs[row(u - 1) + (tokens[u - 1] as number)] as number);
      if (emit > stay) starts[u] = starts[u - 1] as number;
      scores[u] = at + 1 - (starts[u] as number) > MAX_SPAN ? IMPOSSIBLE : Math.max(stay, emit);
    }
    return ended / tokens.length;
  }
}
