import { BLANK, ENCODER_FRAME_MS, type Joint, LAST_SIGN, nextContext, START_CONTEXT } from "./joint.ts";
import type { Spelling } from "./spelling.ts";

/** A token of the transcript. */
interface Written {
  readonly token: number;
  readonly frame: number;
  readonly logProb: number;
}

/** An open transcript. */
export interface Transcript {
  /** Lower case, without punctuation. */
  readonly text: string;
  /** Geometric mean of the tokens' probabilities, 0..1; 0 for an empty text. */
  readonly confidence: number;
  /** `startMs` counts from the first frame taken in. */
  readonly words: readonly { readonly text: string; readonly startMs: number }[];
}

/** Writes at every frame the likeliest token: the open transcript of an utterance, and what it is worth. */
export class GreedySearch {
  readonly #joint: Joint;
  readonly #written: Written[];
  #context = START_CONTEXT;
  #frames = 0;
  #score = 0;

  constructor(joint: Joint, copied?: GreedySearch) {
    this.#joint = joint;
    this.#written = copied ? [...copied.#written] : [];
    if (!copied) return;
    this.#context = copied.#context;
    this.#frames = copied.#frames;
    this.#score = copied.#score;
  }

  /** A search that goes on from here on its own. */
  clone(): GreedySearch {
    return new GreedySearch(this.#joint, this);
  }

  /** Log-probability of the whole transcript, blanks included: what another reading is measured by. */
  get score(): number {
    return this.#score;
  }

  /** Tokens written so far. */
  get length(): number {
    return this.#written.length;
  }

  /** Take in `count` encoder frames. Shape: [count × width]. */
  push(frames: Float32Array, count: number): void {
    let done = 0;
    while (done < count) {
      // Until a token is written the context stays, so all frames left are asked at once.
      const rows = Array.from({ length: count - done }, (_, i) => done + i);
      const logProbs = this.#joint.logProbs(frames, rows, new Array(rows.length).fill(this.#context));
      done += this.#follow(logProbs, rows.length);
    }
  }

  /** Go along frames until a token changes the context; returns how many frames that took. */
  #follow(logProbs: Float32Array, count: number): number {
    const { vocabulary } = this.#joint;
    for (let i = 0; i < count; i++) {
      const from = i * vocabulary;
      let token = BLANK;
      for (let other = 1; other < vocabulary; other++) {
        if ((logProbs[from + other] as number) > (logProbs[from + token] as number)) token = other;
      }
      const logProb = logProbs[from + token] as number;
      this.#score += logProb;
      this.#frames += 1;
      if (token <= LAST_SIGN) continue;
      this.#written.push({ token, frame: this.#frames - 1, logProb });
      this.#context = nextContext(this.#context, token);
      return i + 1;
    }
    return count;
  }

  /** What was said so far. */
  transcript(spelling: Spelling): Transcript {
    const words: { text: string; startMs: number }[] = [];
    for (const { token, frame } of this.#written) {
      const word = words.at(-1);
      const letters = spelling.letters(token);
      if (word === undefined || spelling.beginsWord(token)) {
        words.push({ text: letters, startMs: frame * ENCODER_FRAME_MS });
      } else word.text += letters;
    }
    const spoken = words.filter(({ text }) => text !== "");
    const sum = this.#written.reduce((total, { logProb }) => total + logProb, 0);
    return {
      text: spoken.map(({ text }) => text).join(" "),
      confidence: spoken.length === 0 ? 0 : Math.exp(sum / this.#written.length),
      words: spoken,
    };
  }
}
