import { SAMPLE_RATE_HZ } from "#core/pcm.ts";

interface Stretch {
  readonly startMs: number;
  readonly pieces: { readonly turn: string | undefined; readonly samples: Int16Array }[];
  length: number;
}

/** Ten minutes of sound: 19 MB. */
const DEFAULT_LIMIT_MS = 600_000;

/**
 * Everything a speaker played, with the times between.
 *
 * Only sound is stored, silence is times. Beyond `limitMs` of sound the oldest stretch is forgotten and counted.
 */
export class Recording {
  readonly #limitSamples: number;
  #stretches: Stretch[] = [];
  #samples = 0;
  #forgottenSamples = 0;

  constructor(limitMs: number = DEFAULT_LIMIT_MS) {
    this.#limitSamples = (limitMs * SAMPLE_RATE_HZ) / 1000;
  }

  /** Samples held. */
  get length(): number {
    return this.#samples;
  }

  /** Samples no longer held because of the limit. */
  get forgottenSamples(): number {
    return this.#forgottenSamples;
  }

  /** Add what was just played. `startMs` matters only when `continues` is false: sound after silence. */
  add(samples: Int16Array, turn: string | undefined, startMs: number, continues: boolean): void {
    let last = this.#stretches.at(-1);
    if (!last || !continues) {
      last = { startMs, pieces: [], length: 0 };
      this.#stretches.push(last);
    }
    last.pieces.push({ turn, samples });
    last.length += samples.length;
    this.#samples += samples.length;
    while (this.#samples > this.#limitSamples && this.#stretches.length > 1) {
      const oldest = this.#stretches.shift();
      this.#samples -= oldest?.length ?? 0;
      this.#forgottenSamples += oldest?.length ?? 0;
    }
  }

  /**
   * The sound as it was heard, from the first sample to the last, silence between as zeros.
   *
   * Silence longer than `maxGapMs` (default: all of it) is shortened to that.
   */
  timeline(maxGapMs = Number.POSITIVE_INFINITY): Int16Array {
    const parts: Int16Array[] = [];
    let endMs = this.#stretches[0]?.startMs ?? 0;
    for (const stretch of this.#stretches) {
      const gapMs = Math.min(Math.max(0, stretch.startMs - endMs), maxGapMs);
      parts.push(new Int16Array(Math.round((gapMs * SAMPLE_RATE_HZ) / 1000)));
      for (const piece of stretch.pieces) parts.push(piece.samples);
      endMs = stretch.startMs + (stretch.length * 1000) / SAMPLE_RATE_HZ;
    }
    return concat(parts);
  }

  /** The last `samples` samples of sound, without the silence between. */
  last(samples: number): Int16Array {
    const sound = concat(this.#stretches.flatMap(({ pieces }) => pieces.map((piece) => piece.samples)));
    return sound.subarray(Math.max(0, sound.length - samples));
  }

  /** The sound of one turn without gaps; of everything outside any turn for `undefined`. */
  speechOf(turn: string | undefined): Int16Array {
    return concat(
      this.#stretches.flatMap((stretch) =>
        stretch.pieces.filter((piece) => piece.turn === turn).map((piece) => piece.samples),
      ),
    );
  }
}

/** Join sounds end to end into a new array. */
export function concat(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
