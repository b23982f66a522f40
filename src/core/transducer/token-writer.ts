import { GrammarError, type Pattern } from "#core/grammar-pattern.ts";
import { UnspellableError } from "#core/unigram.ts";
import type { Spelling } from "./spelling.ts";
import type { TokenArc, TokenNode } from "./token-network.ts";

/** Most words an open slot takes. */
const MAX_OPEN_WORDS = 6;
/** Bounds memory: 200,000 nodes are about 30 MB, and 5,000 names of three words are 40,000. */
const MAX_NODES = 200_000;

/** Writes patterns and names as nodes of a token network. */
export class TokenWriter {
  readonly nodes: TokenNode[] = [];
  readonly rules = new Map<string, number>();
  readonly called = new Set<string>();
  readonly unspellable = new Set<string>();
  readonly #spelling: Spelling;
  readonly #alternatives: ReadonlyMap<string, readonly string[]>;
  readonly #longestAlternative: number;
  readonly #tokens = new Map<string, readonly number[] | undefined>();

  constructor(spelling: Spelling, alternatives: Readonly<Record<string, readonly string[]>>) {
    this.#spelling = spelling;
    this.#alternatives = new Map(Object.entries(alternatives));
    this.#longestAlternative = Math.max(
      1,
      ...Object.keys(alternatives).map((words) => words.split(" ").length),
    );
  }

  add(node: TokenNode): number {
    if (this.nodes.length >= MAX_NODES) throw new GrammarError(`the grammar grows past ${MAX_NODES} tokens`);
    return this.nodes.push(node) - 1;
  }

  /** Built from the end: every pattern is given the node that follows it. */
  build(pattern: Pattern, next: number): number {
    switch (pattern.kind) {
      case "word":
        return this.#words([pattern.word], next);
      case "digits":
        return this.add({ op: "split", next: [] });
      case "open":
        return this.#open(next);
      case "rule":
        this.called.add(pattern.name);
        return this.add({ op: "call", rule: pattern.name, next });
      case "sequence":
        return this.#sequence(pattern.items, next);
      case "choice":
        return this.add({ op: "split", next: pattern.options.map((option) => this.build(option, next)) });
      case "optional":
        return this.add({ op: "split", next: [this.build(pattern.item, next), next] });
      case "repeat": {
        const again: TokenNode & { op: "split" } = { op: "split", next: [] };
        const first = this.build(pattern.item, this.add(again));
        again.next = [first, next];
        return first;
      }
      case "slot": {
        const end = this.add({ op: "slot-end", name: pattern.name, next });
        return this.add({ op: "slot-start", name: pattern.name, next: this.build(pattern.item, end) });
      }
    }
  }

  /** A tree of names. */
  tree(names: readonly string[], end: number): number {
    const root = this.#branch();
    for (const name of new Set(names.map((one) => one.trim().toLowerCase()))) {
      const words = name.split(/\s+/).filter(Boolean);
      for (const ways of this.#spelt(words)) this.#grow(root, ways, end);
    }
    return this.add(root);
  }

  #branch(): TokenNode & { op: "branch" } {
    return { op: "branch", arcs: [], end: undefined };
  }

  /** Add one name to a tree: arcs that hear the same and mean the same are shared. */
  #grow(root: TokenNode & { op: "branch" }, path: readonly Omit<TokenArc, "next">[], end: number): void {
    let node = root;
    for (const { token, word } of path) {
      const arc = node.arcs.find((one) => one.token === token && one.word === word);
      const known = arc && this.nodes[arc.next];
      const child = known?.op === "branch" ? known : this.#branch();
      if (!known) node.arcs.push({ token, word, next: this.add(child) });
      node = child;
    }
    node.end = end;
  }

  #sequence(items: readonly Pattern[], next: number): number {
    let after = next;
    for (let at = items.length - 1; at >= 0; ) {
      const item = items[at] as Pattern;
      if (item.kind !== "word") {
        after = this.build(item, after);
        at -= 1;
        continue;
      }
      // Words that have an alternative together are taken together.
      let take = 1;
      const words = [item.word];
      for (let length = 2; length <= Math.min(this.#longestAlternative, at + 1); length++) {
        const earlier = items[at + 1 - length];
        if (earlier?.kind !== "word") break;
        words.unshift(earlier.word);
        if (this.#alternatives.has(words.join(" "))) take = length;
      }
      after = this.#words(words.slice(words.length - take), after);
      at -= take;
    }
    return after;
  }

  #words(words: readonly string[], next: number): number {
    const ways = this.#spelt(words).map((path) =>
      path.reduceRight(
        (after, { token, word }) =>
          this.add({ op: "branch", arcs: [{ token, word, next: after }], end: undefined }),
        next,
      ),
    );
    return ways.length === 1 ? (ways[0] as number) : this.add({ op: "split", next: ways });
  }

  /** Every way to spell words; none when there is no token for one of their characters. */
  #spelt(words: readonly string[]): Omit<TokenArc, "next">[][] {
    const ways: Omit<TokenArc, "next">[][] = [];
    const own = words.map((word) => this.#tokensOf(word));
    if (words.length > 0 && own.every((tokens) => tokens !== undefined)) {
      ways.push(own.flatMap((tokens, index) => arcs(tokens, words[index] as string)));
    }
    // A name is longer than its parts that may be said otherwise: each part is exchanged by itself.
    for (let from = 0; from < words.length; from++) {
      for (let length = 1; length <= Math.min(this.#longestAlternative, words.length - from); length++) {
        const part = words.slice(from, from + length).join(" ");
        for (const alternative of this.#alternatives.get(part) ?? []) {
          const tokens = alternative.split(" ").map((word) => this.#tokensOf(word));
          const rest = [...own.slice(0, from), ...own.slice(from + length)];
          if ([...tokens, ...rest].includes(undefined)) continue;
          ways.push([
            ...own.slice(0, from).flatMap((each, index) => arcs(each, words[index] as string)),
            ...arcs(
              tokens.flatMap((each) => each ?? []),
              part,
            ),
            ...own.slice(from + length).flatMap((each, i) => arcs(each, words[from + length + i] as string)),
          ]);
        }
      }
    }
    return ways;
  }

  #tokensOf(word: string): readonly number[] | undefined {
    if (this.#tokens.has(word)) return this.#tokens.get(word);
    let tokens: readonly number[] | undefined;
    try {
      tokens = this.#spelling.spell(word);
    } catch (error) {
      if (!(error instanceof UnspellableError)) throw error;
      this.unspellable.add(word);
    }
    this.#tokens.set(word, tokens);
    return tokens;
  }

  /** Words of any kind; to end comes first, so that an optional word after them is not swallowed. */
  #open(next: number): number {
    let more: number | undefined;
    for (let words = MAX_OPEN_WORDS; words >= 1; words--) {
      const inWord: TokenNode & { op: "split" } = { op: "split", next: [] };
      const at = this.add(inWord);
      const goOn = this.add({ op: "free", begins: false, next: at });
      inWord.next = more === undefined ? [next, goOn] : [next, goOn, more];
      more = this.add({ op: "free", begins: true, next: at });
    }
    return more as number;
  }
}

function arcs(tokens: readonly number[] | undefined, word: string): Omit<TokenArc, "next">[] {
  const last = (tokens ?? []).length - 1;
  return (tokens ?? []).map((token, index) => ({ token, word: index === last ? word : undefined }));
}
