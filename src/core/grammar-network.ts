import { GrammarError, type Pattern } from "./grammar-pattern.ts";

/**
 * A grammar as a network of nodes, which exact and tolerant matching walk.
 *
 * `next` of a split is in order of preference. `inSlot` tells that a node lies inside a slot, where nothing is
 * forgiven.
 */
export type Node =
  | { readonly op: "word"; readonly word: string; readonly next: number; readonly inSlot: boolean }
  | { readonly op: "digits"; readonly next: number; readonly inSlot: boolean }
  | { readonly op: "any"; readonly next: number; readonly inSlot: boolean }
  | { readonly op: "split"; readonly next: readonly number[]; readonly inSlot: boolean }
  | { readonly op: "slot-start"; readonly name: string; readonly next: number; readonly inSlot: boolean }
  | { readonly op: "slot-end"; readonly name: string; readonly next: number; readonly inSlot: boolean }
  | { readonly op: "accept"; readonly intent: string; readonly inSlot: boolean };

export interface Network {
  readonly nodes: readonly Node[];
  readonly start: number;
}

/** Words an open slot takes at most; names of timers and lists are shorter. */
const MAX_OPEN_WORDS = 6;
/** Rules are written out wherever they are used; this bounds what that may grow to. */
const MAX_NODES = 60_000;
const MAX_RULE_DEPTH = 12;

/** @throws {GrammarError} for unknown or recursive rules, nested slots, and grammars that grow out of bounds. */
export function buildNetwork(
  intents: readonly { readonly name: string; readonly pattern: Pattern }[],
  rules: ReadonlyMap<string, Pattern>,
): Network {
  const nodes: Node[] = [];
  const add = (node: Node): number => {
    if (nodes.length >= MAX_NODES) throw new GrammarError(`the grammar grows past ${MAX_NODES} nodes`);
    return nodes.push(node) - 1;
  };

  // Built from the end: every pattern is given the node that follows it, so alternatives share what comes after.
  const build = (pattern: Pattern, next: number, inSlot: boolean, path: readonly string[]): number => {
    switch (pattern.kind) {
      case "word":
        return add({ op: "word", word: pattern.word, next, inSlot });
      case "digits":
        return add({ op: "digits", next, inSlot });
      case "open":
        return buildOpen(next, inSlot);
      case "sequence":
        return pattern.items.reduceRight((after, item) => build(item, after, inSlot, path), next);
      case "choice":
        return add({
          op: "split",
          next: pattern.options.map((option) => build(option, next, inSlot, path)),
          inSlot,
        });
      case "optional":
        return add({ op: "split", next: [build(pattern.item, next, inSlot, path), next], inSlot });
      case "repeat": {
        const again = add({ op: "split", next: [], inSlot });
        const first = build(pattern.item, again, inSlot, path);
        nodes[again] = { op: "split", next: [first, next], inSlot };
        return first;
      }
      case "slot": {
        if (inSlot) throw new GrammarError(`slot "${pattern.name}" lies inside another slot`);
        const end = add({ op: "slot-end", name: pattern.name, next, inSlot: true });
        return add({
          op: "slot-start",
          name: pattern.name,
          next: build(pattern.item, end, true, path),
          inSlot,
        });
      }
      case "rule": {
        const rule = rules.get(pattern.name);
        if (!rule) throw new GrammarError(`there is no rule <${pattern.name}>`);
        if (path.includes(pattern.name)) throw new GrammarError(`rule <${pattern.name}> uses itself`);
        if (path.length >= MAX_RULE_DEPTH) throw new GrammarError(`rules are nested past ${MAX_RULE_DEPTH}`);
        return build(rule, next, inSlot, [...path, pattern.name]);
      }
    }
  };

  // Shortest first, so that an optional word after an open slot is not swallowed by it.
  const buildOpen = (next: number, inSlot: boolean): number => {
    let entry = add({ op: "any", next, inSlot });
    for (let words = 1; words < MAX_OPEN_WORDS; words++) {
      const more = add({ op: "split", next: [next, entry], inSlot });
      entry = add({ op: "any", next: more, inSlot });
    }
    return entry;
  };

  const entries = intents.map(({ name, pattern }) =>
    build(pattern, add({ op: "accept", intent: name, inSlot: false }), false, []),
  );
  const start = add({ op: "split", next: entries, inSlot: false });
  return { nodes, start };
}
