import { UnigramTokenizer } from "#core/unigram.ts";

const SPACE = "▁";

/** Between text and the numbers of a model's tokens. */
export class Spelling {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #pieces: readonly string[];
  readonly #tokenizer: UnigramTokenizer;

  /**
   * `tokens` is the text of a tokens.txt: one `piece id` a line. `scores` are the pieces' log-probabilities.
   * Pieces that are no tokens are left out.
   */
  constructor(tokens: string, scores: Iterable<readonly [string, number]>) {
    const ids = new Map<string, number>();
    const pieces: string[] = [];
    for (const line of tokens.split("\n")) {
      const space = line.lastIndexOf(" ");
      if (space <= 0) continue;
      const id = Number(line.slice(space + 1));
      ids.set(line.slice(0, space), id);
      pieces[id] = line.slice(0, space);
    }
    this.#ids = ids;
    this.#pieces = pieces;
    this.#tokenizer = new UnigramTokenizer([...scores].filter(([piece]) => ids.has(piece)));
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#pieces.length;
  }

  /**
   * The tokens of a text, in any case; none for blank text.
   *
   * @throws {UnspellableError} when a character is in no token: digits, for example.
   */
  spell(text: string): number[] {
    return this.#tokenizer.pieces(text.toUpperCase()).map((piece) => this.#ids.get(piece) as number);
  }

  /** Whether a token begins a word. */
  beginsWord(token: number): boolean {
    return this.#pieces[token]?.startsWith(SPACE) ?? false;
  }

  /** A token's letters in lower case, without the sign that begins a word. */
  letters(token: number): string {
    return (this.#pieces[token] ?? "").replace(SPACE, "").toLowerCase();
  }

  /** The words of a row of tokens, in lower case, joined by single spaces. */
  text(tokens: readonly number[]): string {
    return tokens
      .map((token) => (this.beginsWord(token) ? " " : "") + this.letters(token))
      .join("")
      .trim();
  }
}
