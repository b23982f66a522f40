/**
 * Sentence templates.
 *
 *     set [a] timer for {duration:<duration>}      words, [optional], a slot filled by a rule
 *     (cancel | delete) {which:(all | every)}      (a | b), a slot filled by a choice
 *     <number> (<operator> <number>)+              one or more
 *     call it {name:*}                             a slot that takes one to six words of any kind
 *     timer for <digits> minutes                   <digits> takes one number written in digits
 *
 * Words are lower-case letters, apostrophes and marks. Alternatives bind weakest: `a b | c` is "a b" or "c".
 */

/** The parsed form of a template. */
export type Pattern =
  | { readonly kind: "word"; readonly word: string }
  /** One number in digits: "10", "3.5". */
  | { readonly kind: "digits" }
  /** One to six words of any kind. */
  | { readonly kind: "open" }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "sequence"; readonly items: readonly Pattern[] }
  | { readonly kind: "choice"; readonly options: readonly Pattern[] }
  | { readonly kind: "optional"; readonly item: Pattern }
  /** One or more times. */
  | { readonly kind: "repeat"; readonly item: Pattern }
  /** What `item` matches is handed over under `name`. */
  | { readonly kind: "slot"; readonly name: string; readonly item: Pattern };

/** A grammar that cannot be used: the message names the template and what is wrong with it. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
}

/** Longest template, in characters; a longer one wants to be rules. */
const MAX_TEMPLATE_LENGTH = 2000;
/** Deepest nesting of brackets. */
const MAX_DEPTH = 16;

const TOKEN =
  /\s*(?:(?<name><[a-z_]+>)|(?<slot>\{[a-z_]+:)|(?<sign>[()[\]{}|+*])|(?<word>[\p{Ll}\p{Lo}\p{M}']+))/uy;

/** @throws {GrammarError} when the template is malformed, empty, too long or too deeply nested. */
export function parseTemplate(template: string): Pattern {
  if (template.length > MAX_TEMPLATE_LENGTH) {
    throw new GrammarError(`a template is longer than ${MAX_TEMPLATE_LENGTH} characters`);
  }
  const reader = new Reader(template);
  const pattern = reader.choice(0);
  if (reader.next !== undefined) reader.fail(`unexpected "${reader.next}"`);
  return pattern;
}

class Reader {
  readonly #template: string;
  readonly #tokens: string[];
  #index = 0;

  constructor(template: string) {
    this.#template = template;
    this.#tokens = tokensOf(template);
  }

  get next(): string | undefined {
    return this.#tokens[this.#index];
  }

  fail(problem: string): never {
    throw new GrammarError(`template "${this.#template}": ${problem}`);
  }

  choice(depth: number): Pattern {
    if (depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH}`);
    const options = [this.#sequence(depth)];
    while (this.next === "|") {
      this.#index += 1;
      options.push(this.#sequence(depth));
    }
    return one(options) ?? { kind: "choice", options };
  }

  #sequence(depth: number): Pattern {
    const items: Pattern[] = [];
    while (this.next !== undefined && !"|)]}".includes(this.next)) items.push(this.#item(depth));
    if (items.length === 0) this.fail("an alternative is empty; write [optional] instead");
    return one(items) ?? { kind: "sequence", items };
  }

  #item(depth: number): Pattern {
    const token = this.#tokens[this.#index++] as string;
    let item = this.#atom(token, depth);
    if (this.next === "+") {
      this.#index += 1;
      item = { kind: "repeat", item };
    }
    return item;
  }

  #atom(token: string, depth: number): Pattern {
    if (token === "(") return this.#closed(")", depth);
    if (token === "[") return { kind: "optional", item: this.#closed("]", depth) };
    if (token === "*") return { kind: "open" };
    if (token === "<digits>") return { kind: "digits" };
    if (token.startsWith("<")) return { kind: "rule", name: token.slice(1, -1) };
    if (token.startsWith("{") && token.length > 1) {
      return { kind: "slot", name: token.slice(1, -1), item: this.#closed("}", depth) };
    }
    if ("+{".includes(token)) this.fail(`unexpected "${token}"`);
    return { kind: "word", word: token };
  }

  #closed(bracket: string, depth: number): Pattern {
    const inner = this.choice(depth + 1);
    if (this.next !== bracket) this.fail(`"${bracket}" is missing`);
    this.#index += 1;
    return inner;
  }
}

function tokensOf(template: string): string[] {
  const tokens: string[] = [];
  const text = template.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw new GrammarError(`template "${template}": cannot read from "${text.slice(from).trim()}"`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function one(patterns: readonly Pattern[]): Pattern | undefined {
  return patterns.length === 1 ? patterns[0] : undefined;
}
