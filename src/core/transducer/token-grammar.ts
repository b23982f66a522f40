import type { GrammarSource } from "#core/grammar.ts";
import { type Pattern, parseTemplate } from "#core/grammar-pattern.ts";
import { checkNesting, isNames } from "./grammar-nesting.ts";
import type { Spelling } from "./spelling.ts";
import type { TokenNode } from "./token-network.ts";
import { TokenWriter } from "./token-writer.ts";

/**
 * A grammar of commands as a network of tokens.
 *
 * Every rule is written out once, however often it is used: a `call` remembers where to go on, so that five
 * thousand names in thirty places cost five thousand names. Names share their beginnings in a tree, whose nodes
 * hold what may come next; a walk therefore never looks at all of them.
 */

/** What the engine listens for: sentences, and the names of what exists. */
export interface CommandVocabulary {
  readonly grammar: GrammarSource;
  /** Rules that are lists of names, as many as there are: `<device>` stands for `device`'s. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** How a word or a few words may be pronounced otherwise, written as the model would: "a m" as "am". */
  readonly spellings?: Readonly<Record<string, readonly string[]>>;
}

export interface TokenGrammar {
  readonly nodes: readonly TokenNode[];
  readonly start: number;
  readonly rules: ReadonlyMap<string, number>;
  /** Names and words that cannot be heard because no token holds one of their characters. */
  readonly unspellable: readonly string[];
}

/** Alternatives that hold in any house. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  "a m": ["am"],
  "p m": ["pm"],
  am: ["a m"],
  pm: ["p m"],
  "t v": ["tv"],
  tv: ["t v"],
  okay: ["ok"],
};

/**
 * Write a grammar out as tokens.
 *
 * `<digits>` cannot be said and is left out, and so is every alternative with a word that cannot be spelled.
 *
 * @throws {GrammarError} for malformed templates, rules that are missing, use themselves or are nested deeper than
 * 12, and more than 200,000 nodes.
 */
export function compileGrammar(
  { grammar, names, spellings }: CommandVocabulary,
  spelling: Spelling,
): TokenGrammar {
  const writer = new TokenWriter(spelling, { ...SPELLINGS, ...spellings });
  const rules = new Map<string, Pattern | readonly string[]>(Object.entries(names ?? {}));
  for (const [name, template] of Object.entries(grammar.rules ?? {})) {
    if (!rules.has(name)) rules.set(name, parseTemplate(template));
  }
  const before = grammar.before === undefined ? undefined : parseTemplate(grammar.before);
  const after = grammar.after === undefined ? undefined : parseTemplate(grammar.after);

  const sentences = grammar.intents.map(({ name, templates }) => {
    const accept = writer.add({ op: "accept", intent: name });
    const end = writer.add({ op: "complete", next: after ? writer.build(after, accept) : accept });
    const options = templates.map((template) => writer.build(parseTemplate(template), end));
    const sentence = writer.add({ op: "split", next: options });
    return before ? writer.build(before, sentence) : sentence;
  });
  const start = writer.add({ op: "split", next: sentences });
  checkNesting(rules, [...writer.called]);
  for (const [name, rule] of rules) {
    const end = writer.add({ op: "return" });
    writer.rules.set(name, isNames(rule) ? writer.tree(rule, end) : writer.build(rule, end));
  }
  return { nodes: writer.nodes, start, rules: writer.rules, unspellable: [...writer.unspellable] };
}
