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
  /** The same for the word that fits worst; short words are believed less, as if 100 ms longer and neutral. */
  readonly worst: number;
  /** Length of the longest word in 10 ms frames. */
  readonly longestFrames: number;
  /** Mean length of a word in 10 ms frames. */
  readonly meanFrames: number;
  /** Speech before the first word, in 10 ms frames: the end of a wake phrase, or something else. */
  readonly leadFrames: number;
}

/** Neutral frames added to a word before its fit is judged: 100 ms, as phones' borders are that uncertain. */
const SMOOTHING_FRAMES = 10;
/**
 * Words fit at least this well on average.
 *
 * Measured with the grammar of the local intents and the other limits below, on three real commands, alone and
 * glued to the end of ten real wake words (23 clips), 60 spoken by flite, and 145 stretches of up to 5 s of other speech and noise, of which
 * the grammar alone takes 37 for commands. All the real ones and 56 of flite's come out right at each of these;
 * taken for commands are 5 of the 145 at -14, 4 at -12, 2 at -10. The worst real command had -8.7.
 */
const LEAST_AVERAGE = -12;
/** The worst word fits at least this well: the worst of a real command was -23. */
const LEAST_WORST = -30;
/** Longest sound before the first word: 1.5 s, more than the rest of a wake phrase and a breath. */
const LONGEST_LEAD_FRAMES = 150;
/** No spoken word of a command lasts longer than this: 1.2 s. */
const LONGEST_WORD_FRAMES = 120;
/** Steady noise is decoded as few, drawn-out words: 0.7 s each. */
const LONGEST_MEAN_FRAMES = 70;
/** Nor does anybody say words of 0.12 s each. */
const SHORTEST_MEAN_FRAMES = 12;
/** Average evidence that carries confidence from 0.5 to 0.73. */
const CONFIDENCE_SLOPE = 6;

/** A segment that is a word of the grammar: not silence, noise, the library's null transition or a free phone. */
export function isWord({ text }: Segment): boolean {
  return !/^[<[(+_]/.test(text);
}

/** A segment that is a free phone. */
function isPhone({ text }: Segment): boolean {
  return text.startsWith("_");
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
    worst = Math.min(worst, excess / (length + SMOOTHING_FRAMES));
    longestFrames = Math.max(longestFrames, length);
  }
  return {
    average: difference / frames,
    worst,
    longestFrames,
    meanFrames: frames / said.length,
    leadFrames: leadOf(words),
  };
}

/** Whether the evidence is that of a command really said. */
export function accepts(evidence: Evidence): boolean {
  return (
    evidence.average >= LEAST_AVERAGE &&
    evidence.worst >= LEAST_WORST &&
    evidence.longestFrames <= LONGEST_WORD_FRAMES &&
    evidence.meanFrames <= LONGEST_MEAN_FRAMES &&
    evidence.meanFrames >= SHORTEST_MEAN_FRAMES &&
    evidence.leadFrames <= LONGEST_LEAD_FRAMES
  );
}

/** Confidence 0..1: 0.5 where the gate closes. */
export function confidenceOf({ average }: Evidence): number {
  return 1 / (1 + Math.exp(-(average - LEAST_AVERAGE) / CONFIDENCE_SLOPE));
}

function leadOf(words: readonly Segment[]): number {
  return words.filter(isPhone).reduce((sum, { startFrame, endFrame }) => sum + endFrame - startFrame + 1, 0);
}

/** A segment's score spread evenly over its frames. */
function scoreByFrame(segments: readonly Segment[]): Float64Array {
  const scores = new Float64Array((segments.at(-1)?.endFrame ?? -1) + 1);
  for (const { startFrame, endFrame, acoustic } of segments) {
    scores.fill(acoustic / (endFrame - startFrame + 1), startFrame, endFrame + 1);
  }
  return scores;
}
