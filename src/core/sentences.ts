/**
 * Cuts streamed text into sentences, as early as it is safe.
 *
 * Text is walked one character at a time, so the result does not depend on how it was chunked. After a stop the
 * splitter waits for as much as it needs to be sure: one character after "!" or "。" (a closing quote may follow),
 * the first letter of the next word after a closing quote or an ellipsis, and the whole next word after something
 * like "U.S.", which may end a sentence or not.
 */

/** Stops that end a sentence only with space after them. */
const SPACED_STOPS = ".!?…؟۔։።";
/** Stops of scripts written without spaces, and those that are nothing but a stop. */
const HARD_STOPS = "。！？｡।॥။៕";
const CLOSERS = "\"'’”»)]}」』）】》";
const CLAUSE_ENDS = ",;:、،؛，；：–—";

/** Before a full stop these do not end a sentence: something belongs to them. */
const LEADING = new Set(
  "mr mrs ms dr prof rev hon st gen col sgt capt lt cmdr e.g i.e eg ie vs cf approx resp fig vol ca mt messrs mme".split(
    " ",
  ),
);
/** These may end one; the next word tells. */
const TRAILING = new Set(
  "etc inc ltd co corp jr sr a.m p.m am pm dept est ave blvd min max jan feb mar apr jun jul aug sep sept oct nov dec".split(
    " ",
  ),
);
/** Before a number these are "number", otherwise words. */
const BEFORE_NUMBER = new Set(["no", "nr", "p", "pp", "art", "sec", "ch"]);
/** Words that begin a sentence when they are capitalised after an initial or an abbreviation. */
const STARTERS = new Set(
  "the a an i he she it we you they this that these those there here what when where who why how which but and or so if in on at as for with while after before then now however also yes no not my your his her our their its is are do does let it's i'm that's there's to from by".split(
    " ",
  ),
);

/** Sentences longer than this are cut at a clause, a space, or where they are: speech must not wait for ever. */
const MAX_SENTENCE_CHARS = 300;
/** A cut at a clause must leave at least this much, so that no crumbs are spoken. */
const MIN_CLAUSE_CHARS = 40;

/** What the splitter still wants to see after a stop. */
type Verdict = "ends" | "goes-on" | "unsure";

/** Collects text and gives out whole sentences, trimmed. Nothing but white space is lost. */
export class SentenceSplitter {
  readonly #maxChars: number;
  /** The sentence so far, with what was read beyond its possible end. */
  #text = "";
  /** Where the sentence would end, after its stop and closing quotes; 0 when no stop was seen. */
  #end = 0;

  constructor(maxChars = MAX_SENTENCE_CHARS) {
    this.#maxChars = maxChars;
  }

  /** Add text; returns the sentences that are now complete. */
  push(text: string): string[] {
    const sentences: string[] = [];
    for (let index = 0; index < text.length; index++) this.#read(text[index] as string, sentences);
    return sentences;
  }

  /** The text is over: returns what is left as a last sentence, or nothing, and starts afresh. */
  flush(): string[] {
    const sentences: string[] = [];
    if (this.#end > 0 && endsSentence(this.#text, this.#end, true) === "ends")
      this.#cut(this.#end, sentences);
    this.#cut(this.#text.length, sentences);
    return sentences;
  }

  #read(char: string, sentences: string[]): void {
    this.#text += char;
    if (this.#end > 0) this.#decide(char, sentences);
    if (char === "\n") this.#cut(this.#text.length, sentences);
    else if (this.#end === 0 && isStop(char)) this.#end = this.#text.length;
    if (this.#text.length > this.#maxChars) this.#cut(placeToCut(this.#text, this.#maxChars), sentences);
  }

  /** A character came after a stop. */
  #decide(char: string, sentences: string[]): void {
    const directly = this.#text.length - 1 === this.#end;
    if (directly && (isStop(char) || CLOSERS.includes(char))) {
      this.#end += 1;
      return;
    }
    const verdict = endsSentence(this.#text, this.#end, false);
    if (verdict === "ends") this.#cut(this.#end, sentences);
    if (verdict === "goes-on") this.#end = 0;
  }

  #cut(at: number, sentences: string[]): void {
    const sentence = this.#text.slice(0, at).trim();
    if (sentence !== "") sentences.push(sentence);
    this.#text = this.#text.slice(at).trimStart();
    this.#end = 0;
  }
}

/** Whether the sentence ends at `end`, judged by what is around it. `over` means nothing more will come. */
function endsSentence(text: string, end: number, over: boolean): Verdict {
  const sentence = text.slice(0, end);
  const after = text.slice(end);
  const stop =
    /[^"'’”»)\]}」』）】》]+$/u.exec(sentence.replace(/["'’”»)\]}」』）】》]+$/u, ""))?.[0].at(-1) ?? "";
  if (HARD_STOPS.includes(stop)) return "ends";
  if (after !== "" && after.trimStart().length === after.length) return "goes-on";
  const closed = CLOSERS.includes(sentence.at(-1) ?? "");
  const beginning = after.trimStart();
  const kind = stop === "." ? kindOfStop(sentence) : stop === "…" ? "ellipsis" : "plain";
  if (kind === "list-number" || kind === "leading") return "goes-on";
  if (kind === "plain" && !closed) return "ends";
  if (beginning === "") return over ? "ends" : "unsure";
  const first = beginning[0] as string;
  if (kind === "before-number") return /\d/u.test(first) ? "goes-on" : "ends";
  if (kind === "plain" || kind === "ellipsis") return /\p{Ll}/u.test(first) ? "goes-on" : "ends";
  // An abbreviation or an initial: a capital is not enough ("U.S. Army"), a word that begins sentences is.
  if (/\p{Ll}/u.test(first)) return "goes-on";
  if (kind === "trailing" || !/\p{Lu}/u.test(first)) return "ends";
  const word = /^[\p{L}'’]+/u.exec(beginning)?.[0] ?? "";
  if (word.length === beginning.length && !over) return "unsure";
  return STARTERS.has(word.toLowerCase().replace("’", "'")) ? "ends" : "goes-on";
}

type StopKind = "plain" | "leading" | "trailing" | "initial" | "list-number" | "before-number" | "ellipsis";

function kindOfStop(sentence: string): StopKind {
  const plain = sentence.replace(/["'’”»)\]}」』）】》]+$/u, "");
  if (/[.…]{2,}$/u.test(plain)) return "ellipsis";
  if (!plain.endsWith(".")) return "plain";
  if (/^\s*[([]?\d{1,3}\.$/u.test(plain)) return "list-number";
  const word = (/[\p{L}.]+$/u.exec(plain.slice(0, -1))?.[0] ?? "").replace(/^\.+/u, "");
  const lower = word.toLowerCase();
  if (LEADING.has(lower)) return "leading";
  if (TRAILING.has(lower)) return "trailing";
  if (BEFORE_NUMBER.has(lower)) return "before-number";
  return /^\p{Lu}(?:\.\p{Lu})*$/u.test(word) ? "initial" : "plain";
}

function isStop(char: string): boolean {
  return SPACED_STOPS.includes(char) || HARD_STOPS.includes(char);
}

/** The best place to part overlong text: after a clause, at a space, else at the limit. */
function placeToCut(text: string, maxChars: number): number {
  let space = 0;
  for (let index = maxChars; index > 0; index--) {
    const parted = /\s/u.test(text[index] as string);
    if (parted && space === 0) space = index;
    const clause = CLAUSE_ENDS.includes(text[index - 1] as string);
    const scriptWithoutSpaces = (text[index - 1] as string) >= "\u3000";
    if (clause && (parted || scriptWithoutSpaces) && index >= Math.min(MIN_CLAUSE_CHARS, maxChars))
      return index;
  }
  if (space > 0) return space;
  // Never between the two halves of one character.
  return /[\uD800-\uDBFF]/u.test(text[maxChars - 1] as string) && maxChars > 1 ? maxChars - 1 : maxChars;
}
