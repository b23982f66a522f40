import type { Segment } from "./decoder.ts";

/**
 * How a decoder that must find a command in everything can say "that was none".
 *
 * A grammar has an answer to any sound. Beside it a second decoder hears the same sound as free phones, with no
 * idea of words. Where a command was really said the two fit about equally well; where the grammar forced words
 * onto other speech, the phones fit much better, on average and most of all at the worst word.
 */
export interface Evidence {
  /** Acoustic score of the words less that of free phones over the same frames, per 10 ms frame; 0 is equal. */
  readonly average: number;
  /** The same for the word that fits worst. */
  readonly worst: number;
  /** Length of the longest word in 10 ms frames. */
  readonly longestFrames: number;
  /** Mean length of a word in 10 ms frames. */
  readonly meanFrames: number;
}

/** Words fit at least this well on average. MEASURED */
const LEAST_AVERAGE = -12;
/** The worst word fits at least this well. */
const LEAST_WORST = -40;
/** No spoken word of a command lasts longer than this: 1.2 s. */
const LONGEST_WORD_FRAMES = 120;
/** Steady noise is decoded as few, drawn-out words: 0.7 s each. */
const LONGEST_MEAN_FRAMES = 70;
/** Average evidence that carries confidence from 0.5 to 0.73. */
const CONFIDENCE_SLOPE = 6;

/** A segment that is a word of the grammar: not silence, noise or the library's null transition. */
export function isWord({ text }: Segment): boolean {
  return !/^[<[(+]/.test(text);
}

/** Compare the grammar's words with the free phones over the same audio; undefined without a word. */
export function evidenceOf(words: readonly Segment[], phones: readonly Segment[]): Evidence | undefined {
  const said = words.filter(isWord);
  if (said.length === 0) return undefined;
  const free = scoreByFrame(phones);
  let frames = 0;
  let difference = 0;
  let worst = Number.POSITIVE_INFINITY;
  let longestFrames = 0;
  for (const { startFrame, endFrame, acoustic } of said) {
    const length = endFrame - startFrame + 1;
    let excess = acoustic;
    for (let frame = startFrame; frame <= endFrame; frame++) excess -= free[frame] ?? 0;
    frames += length;
    difference += excess;
    worst = Math.min(worst, excess / length);
    longestFrames = Math.max(longestFrames, length);
  }
  return { average: difference / frames, worst, longestFrames, meanFrames: frames / said.length };
}

/** Whether the evidence is that of a command really said. */
export function accepts(evidence: Evidence): boolean {
  return (
    evidence.average >= LEAST_AVERAGE &&
    evidence.worst >= LEAST_WORST &&
    evidence.longestFrames <= LONGEST_WORD_FRAMES &&
    evidence.meanFrames <= LONGEST_MEAN_FRAMES
  );
}

/** Confidence 0..1: 0.5 where the gate closes. */
export function confidenceOf({ average }: Evidence): number {
  return 1 / (1 + Math.exp(-(average - LEAST_AVERAGE) / CONFIDENCE_SLOPE));
}

/** A segment's score spread evenly over its frames. */
function scoreByFrame(segments: readonly Segment[]): Float64Array {
  const scores = new Float64Array((segments.at(-1)?.endFrame ?? -1) + 1);
  for (const { startFrame, endFrame, acoustic } of segments) {
    scores.fill(acoustic / (endFrame - startFrame + 1), startFrame, endFrame + 1);
  }
  return scores;
}
