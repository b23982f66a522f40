/**
 * SentencePiece's unigram tokeniser, as far as wake phrases need it.
 *
 * A phrase is cut into the pieces whose log-probabilities sum highest: Viterbi over the characters (Kudo 2018,
 * "Subword Regularization", arXiv:1804.10959, section 3.2). A space becomes `▁` and one is put in front, as
 * SentencePiece does by default.
 */

const SPACE = "▁";

/** A phrase holds a character no piece covers. The message names the phrase and the character. */
export class UnspellableError extends Error {
  override readonly name = "UnspellableError";

  constructor(phrase: string, character: string) {
    super(`"${phrase}" cannot be spelled: no token holds "${character}"`);
  }
}

/** Cuts text into the pieces of a unigram model. */
export class UnigramTokenizer {
  readonly #scores: ReadonlyMap<string, number>;
  readonly #longest: number;

  /** `scores` maps each piece to its log-probability. Control pieces such as `<unk>` are never used. */
  constructor(scores: Iterable<readonly [string, number]>) {
    const usable = new Map<string, number>();
    let longest = 0;
    for (const [piece, score] of scores) {
      if (piece === "" || /^<.*>$/.test(piece)) continue;
      usable.set(piece, score);
      longest = Math.max(longest, [...piece].length);
    }
    this.#scores = usable;
    this.#longest = longest;
  }

  /**
   * The most probable pieces of `text`, in order; none for blank text.
   *
   * Case matters: a model trained on capitals knows no small letters. Between equally probable cuts the one
   * whose last piece is longest wins.
   *
   * @throws {UnspellableError} when a character is in no piece.
   */
  pieces(text: string): string[] {
    const words = text.normalize("NFKC").trim().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const characters = [...(SPACE + words.join(SPACE))];

    const best: { score: number; from: number }[] = [{ score: 0, from: 0 }];
    for (let end = 1; end <= characters.length; end++) {
      let score = Number.NEGATIVE_INFINITY;
      let from = -1;
      for (let start = Math.max(0, end - this.#longest); start < end; start++) {
        const before = best[start]?.score ?? Number.NEGATIVE_INFINITY;
        const piece = this.#scores.get(characters.slice(start, end).join(""));
        if (piece === undefined || before + piece <= score) continue;
        score = before + piece;
        from = start;
      }
      best.push({ score, from });
    }

    const pieces: string[] = [];
    for (let end = characters.length; end > 0; ) {
      const from = best[end]?.from ?? -1;
      if (from < 0) throw new UnspellableError(text, this.#uncovered(characters));
      pieces.unshift(characters.slice(from, end).join(""));
      end = from;
    }
    return pieces;
  }

  /** The first character that stands in no piece, else the phrase's first: it is the cut that fails. */
  #uncovered(characters: readonly string[]): string {
    const known = new Set([...this.#scores.keys()].flatMap((piece) => [...piece]));
    return characters.find((character) => !known.has(character)) ?? characters[1] ?? SPACE;
  }
}
