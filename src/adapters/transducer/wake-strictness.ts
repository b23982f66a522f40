/**
 * How sure the spotter must be, and how sure it is, as people are told.
 *
 * Measured in mean log-probability per token (docs/decisions/2026-11-20-own-hearing-engine.md): at -2.25, 98 % of
 * clean wakes are found, 95 % at 10 dB and 96 % in reverberation, with 0.09 false ones an hour and phrase.
 */
const DEFAULT_THRESHOLD = -2.25;
/** Sensitivity 0 asks for this much more, 1 for this much less. */
const THRESHOLD_SPAN = 1;
/** Steepness of the score: real wakes of -0.2 score 0.96, false ones of -3.5 score 0.13. */
const SCORE_SLOPE = 1.5;

/** The log-probability per token from which a phrase wakes, for a sensitivity of 0..1. */
export function wakeThreshold(sensitivity: number): number {
  const lean = 2 * Math.min(1, Math.max(0, sensitivity)) - 1;
  return DEFAULT_THRESHOLD - lean * THRESHOLD_SPAN;
}

/** The score of a log-probability per token, 0..1; 0.5 is the default threshold. */
export function wakeScore(logProb: number): number {
  return 1 / (1 + Math.exp(SCORE_SLOPE * (DEFAULT_THRESHOLD - logProb)));
}
