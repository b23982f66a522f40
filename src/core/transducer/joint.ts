/**
 * What a streaming transducer says, as the searches over it need it.
 *
 * The encoder turns audio into frames of 40 ms. Given a frame and the last two tokens written so far (the
 * *context*), the model gives a probability for every token to come now, and for *blank*: nothing yet. Every
 * search here writes at most one token per frame, as the model was trained to.
 */
export interface Joint {
  /** Tokens, the blank included. */
  readonly vocabulary: number;
  /** Values of one encoder frame. */
  readonly width: number;
  /**
   * Log-probabilities of all tokens for pairs of a frame and a context.
   *
   * Pair i is frame number `rows[i]` of `frames` with `contexts[i]`. Shapes: frames [any × width], result
   * [pairs × vocabulary], valid until the next call.
   */
  logProbs(frames: Float32Array, rows: ArrayLike<number>, contexts: ArrayLike<number>): Float32Array;
}

/** The token that writes nothing. */
export const BLANK = 0;
/** Tokens up to this one are the model's own signs: blank, end of sentence, unknown. */
export const LAST_SIGN = 2;
/** Length of one encoder frame. */
export const ENCODER_FRAME_MS = 40;

const CONTEXT_BASE = 4096;

/** The context before anything was written. */
export const START_CONTEXT = 0;

/** The context after `token` was written in `context`. */
export function nextContext(context: number, token: number): number {
  return ((context % CONTEXT_BASE) + 1) * CONTEXT_BASE + token;
}

/** The last two tokens of a context, older first; -1 where there was none, as icefall's decoders want it. */
export function tokensOfContext(context: number): readonly [number, number] {
  return [Math.floor(context / CONTEXT_BASE) - 1, context % CONTEXT_BASE];
}

/** Turn rows of `width` scores into log-probabilities, in place. */
export function logSoftmax(scores: Float32Array, rows: number, width: number): void {
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = from; i < from + width; i++) highest = Math.max(highest, scores[i] as number);
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += Math.exp((scores[i] as number) - highest);
    const norm = highest + Math.log(sum);
    for (let i = from; i < from + width; i++) scores[i] = (scores[i] as number) - norm;
  }
}
