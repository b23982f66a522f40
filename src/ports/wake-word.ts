import type { PcmFrame } from "#core/pcm.ts";

/** A phrase that wakes a satellite. */
export interface WakePhrase {
  /** As a person would write it, for example `hey tars`. Letters, apostrophes and spaces. */
  readonly text: string;
  /** 0 = hardly ever fires, 1 = fires easily, 0.5 = the measured default. */
  readonly sensitivity: number;
}

/** One heard wake phrase. */
export interface WakeDetection {
  readonly phrase: string;
  /** Confidence 0..1; comparable between satellites that use the same engine, not between engines. */
  readonly score: number;
  /** First sample of the phrase, on the session's count. An estimate, good to about 250 ms. */
  readonly startSample: number;
  /** First sample after the phrase, on the session's count. An estimate, good to about 150 ms. */
  readonly endSample: number;
}

/** One stream of a wake-word engine, inside the engine host: synchronous and single-threaded. */
export interface WakeWordStream extends Disposable {
  /** Analyse one frame; return a detection when the phrase has just ended. */
  push(frame: PcmFrame, firstSample: number): WakeDetection | undefined;
  /** Forget the past, for example after a gap in the audio. */
  reset(): void;
}

/**
 * Finds spoken wake phrases.
 *
 * @throws {EngineError} `rejected` from `open` when a phrase cannot be spelled with the engine's tokens or
 * dictionary; the message names the phrase.
 */
export interface WakeWord extends Disposable {
  readonly name: string;
  open(phrases: readonly WakePhrase[]): WakeWordStream;
}
