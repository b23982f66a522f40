import { buildNetwork, type Network } from "./grammar-network.ts";
import { GrammarError, type Pattern, parseTemplate } from "./grammar-pattern.ts";
import { MAX_COMMAND_WORDS } from "./words.ts";

/**
 * Sentences that mean something, written as templates (see `grammar-pattern.ts`).
 *
 * A grammar is read from data once and is immutable. Matching walks all templates at once, one step per word, so
 * its cost is bounded by words × network size, whatever the templates are.
 */
export interface GrammarSource {
  /** In order of preference: where two match, the first wins. */
  readonly intents: readonly { readonly name: string; readonly templates: readonly string[] }[];
  readonly rules?: Readonly<Record<string, string>>;
  /** Template of what may come before and after every sentence; usually all optional. */
  readonly before?: string;
  readonly after?: string;
  /** Words that carry little meaning and may be lost or added by a recogniser without changing a command. */
  readonly weak?: readonly string[];
  /** Groups of words recognisers take for one another: homophones and the like. */
  readonly alike?: readonly (readonly string[])[];
}

export interface Grammar {
  readonly intents: readonly { readonly name: string; readonly pattern: Pattern }[];
  readonly rules: ReadonlyMap<string, Pattern>;
  readonly weak: ReadonlySet<string>;
  /** For each word the words it is taken for; never includes itself. */
  readonly alike: ReadonlyMap<string, ReadonlySet<string>>;
  readonly network: Network;
}

/** What an utterance means. */
export interface GrammarMatch {
  readonly intent: string;
  /** The words that filled each slot, joined by single spaces. */
  readonly slots: Readonly<Record<string, string>>;
}

/** A slot being filled: word positions, the latest first. */
export interface Capture {
  readonly name: string;
  readonly from: number;
  /** Position after the last word; undefined while the slot is open. */
  readonly to: number | undefined;
  readonly previous: Capture | undefined;
}

/** @throws {GrammarError} when a template is malformed or the grammar cannot be built. */
export function parseGrammar(source: GrammarSource): Grammar {
  const intents = source.intents.map(({ name, templates }) => {
    const options = templates.map(parseTemplate);
    if (options.length === 0) throw new GrammarError(`intent "${name}" has no templates`);
    const sentence: Pattern = { kind: "choice", options };
    const items = [...around(source.before), sentence, ...around(source.after)];
    return { name, pattern: items.length === 1 ? sentence : ({ kind: "sequence", items } as const) };
  });
  const rules = new Map(
    Object.entries(source.rules ?? {}).map(([name, template]) => [name, parseTemplate(template)]),
  );
  const alike = new Map<string, Set<string>>();
  for (const group of source.alike ?? []) {
    for (const word of group) {
      const others = alike.get(word) ?? new Set();
      for (const other of group) if (other !== word) others.add(other);
      alike.set(word, others);
    }
  }
  return { intents, rules, weak: new Set(source.weak), alike, network: buildNetwork(intents, rules) };
}

function around(template: string | undefined): readonly Pattern[] {
  return template === undefined ? [] : [parseTemplate(template)];
}

/**
 * Find the first intent whose templates produce exactly these words.
 *
 * Words as `wordsOf` makes them. More than 40 words match nothing.
 */
export function matchGrammar(grammar: Grammar, words: readonly string[]): GrammarMatch | undefined {
  if (words.length === 0 || words.length > MAX_COMMAND_WORDS) return undefined;
  const walk = new Walk(grammar.network);
  walk.enter(grammar.network.start, 0, undefined);
  for (const [position, word] of words.entries()) {
    if (!walk.advance(word, position + 1)) return undefined;
  }
  const accepted = walk.accepted();
  return accepted && { intent: accepted.intent, slots: slotsOf(accepted.captures, words) };
}

/** Collect what the slots hold; a slot filled twice keeps the later words. */
export function slotsOf(captures: Capture | undefined, words: readonly string[]): Record<string, string> {
  const slots: Record<string, string> = {};
  for (let capture = captures; capture; capture = capture.previous) {
    if (capture.to !== undefined) slots[capture.name] ??= words.slice(capture.from, capture.to).join(" ");
  }
  return slots;
}

/** Whether a word is a number written in digits. */
export function isDigits(word: string): boolean {
  return /^\d{1,12}(\.\d{1,6})?$/u.test(word);
}

interface Thread {
  readonly node: number;
  readonly captures: Capture | undefined;
}

/** All the ways through the network that the words so far allow, the preferred first. */
class Walk {
  readonly #network: Network;
  #threads: Thread[] = [];
  #seen: Uint8Array;

  constructor(network: Network) {
    this.#network = network;
    this.#seen = new Uint8Array(network.nodes.length);
  }

  /** Add a node and all that can be reached from it without a word. A node reached before is left as it was. */
  enter(first: number, position: number, captures: Capture | undefined): void {
    const waiting: Thread[] = [{ node: first, captures }];
    for (let thread = waiting.pop(); thread; thread = waiting.pop()) {
      if (this.#seen[thread.node] === 1) continue;
      this.#seen[thread.node] = 1;
      const node = this.#network.nodes[thread.node];
      if (node?.op === "split") {
        for (let i = node.next.length - 1; i >= 0; i--) {
          waiting.push({ node: node.next[i] as number, captures: thread.captures });
        }
      } else if (node?.op === "slot-start" || node?.op === "slot-end") {
        waiting.push({ node: node.next, captures: capture(node, position, thread.captures) });
      } else {
        this.#threads.push(thread);
      }
    }
  }

  /** Take one word. Returns whether any way is left. */
  advance(word: string, position: number): boolean {
    const threads = this.#threads;
    this.#threads = [];
    this.#seen.fill(0);
    for (const thread of threads) {
      const node = this.#network.nodes[thread.node];
      const takes =
        (node?.op === "word" && node.word === word) ||
        (node?.op === "digits" && isDigits(word)) ||
        node?.op === "any";
      if (takes) this.enter(node.next, position, thread.captures);
    }
    return this.#threads.length > 0;
  }

  accepted(): { readonly intent: string; readonly captures: Capture | undefined } | undefined {
    for (const thread of this.#threads) {
      const node = this.#network.nodes[thread.node];
      if (node?.op === "accept") return { intent: node.intent, captures: thread.captures };
    }
    return undefined;
  }
}

/** Open or close a slot at a word position. */
export function capture(
  node: { readonly op: "slot-start" | "slot-end"; readonly name: string },
  position: number,
  previous: Capture | undefined,
): Capture {
  // Slots do not nest, so the slot that ends is the one opened last.
  return node.op === "slot-start" || !previous
    ? { name: node.name, from: position, to: undefined, previous }
    : { name: node.name, from: previous.from, to: position, previous: previous.previous };
}
