import { type Capture, capture, type Grammar, type GrammarMatch, isDigits, slotsOf } from "./grammar.ts";
import type { Node } from "./grammar-network.ts";
import { wordSimilarity } from "./words.ts";

/** A match that forgave recognition errors. */
export interface TolerantMatch extends GrammarMatch {
  /** Share of the template that was heard, 0..1; at least 0.8. */
  readonly score: number;
}

/**
 * Least share of a template that must have been heard.
 *
 * At 0.8 a four-word question may lose one weak word or have one word misspelled, not both; none of the unrelated
 * sentences and near misses in the tests passes it.
 */
const ACCEPTED_SCORE = 0.8;
/** Shorter utterances are taken only as they are: a single similar word is not evidence of a command. */
const FEWEST_WORDS = 3;
/** Longer ones are taken only as they are: so many words leave room for chance, and cost time. */
const MOST_WORDS = 20;
/** However long the utterance: what four lost weak words cost together. */
const DEAREST = 2;
/** Below this two words are different words. One letter of three may differ, one of four, one or two of six. */
const LEAST_SIMILARITY = 0.65;
const CONTENT_WEIGHT = 1;
/** What a weak word counts, and costs when it is lost, added or exchanged for another. */
const WEAK_WEIGHT = 0.5;
/** What a word costs that recognisers are known to hear for another. */
const ALIKE_COST = 0.2;
/** The same inside a slot: so much that "a timer for minutes" is not taken for "a timer four minutes". */
const SLOT_ALIKE_COST = 0.6;

interface Way {
  readonly cost: number;
  readonly weight: number;
  readonly captures: Capture | undefined;
  readonly corrections: Correction | undefined;
}

/** A word inside a slot that was taken for the one the template has there, the latest first. */
interface Correction {
  readonly position: number;
  readonly word: string;
  readonly previous: Correction | undefined;
}
type Ways = Map<number, Way>;

/**
 * Find the intent whose template is nearest to words that may be misheard.
 *
 * Weak words may be lost, added or exchanged; other words must all be there, though one may be misspelled or be a
 * known sound-alike; nothing but weak words may be added; slots must be filled exactly, sound-alikes apart, and
 * open slots are not used. The result is the cheapest way through the grammar, if its score is accepted. Fewer
 * than 3 or more than 20 words match nothing.
 */
export function matchTolerantly(grammar: Grammar, words: readonly string[]): TolerantMatch | undefined {
  if (words.length < FEWEST_WORDS || words.length > MOST_WORDS) return undefined;
  const search = new Search(grammar, words.length);
  let ways = beginnings(grammar);
  for (const [position, word] of words.entries()) {
    ways = search.hear(ways, word, position);
    if (ways.size === 0) return undefined;
    search.spread(ways, position + 1);
  }
  return search.best(ways, words);
}

/** Where a sentence may begin, worked out once for each grammar; never changed. */
const knownBeginnings = new WeakMap<Grammar, Ways>();

function beginnings(grammar: Grammar): Ways {
  const known = knownBeginnings.get(grammar);
  if (known) return known;
  const nothing: Way = { cost: 0, weight: 0, captures: undefined, corrections: undefined };
  const ways: Ways = new Map([[grammar.network.start, nothing]]);
  new Search(grammar, MOST_WORDS).spread(ways, 0);
  knownBeginnings.set(grammar, ways);
  return ways;
}

class Search {
  readonly #grammar: Grammar;
  /** A way that costs more cannot reach the accepted score with this many words. */
  readonly #dearest: number;

  constructor(grammar: Grammar, words: number) {
    this.#grammar = grammar;
    // A template weighs at most one per word heard, plus the weak words that were lost, which pay for themselves.
    this.#dearest = Math.min(DEAREST, (words * CONTENT_WEIGHT * (1 - ACCEPTED_SCORE)) / ACCEPTED_SCORE);
  }

  /** Reach everything that needs no word, losing weak words where that is cheaper. */
  spread(ways: Ways, position: number): void {
    const waiting = [...ways.keys()];
    // The list grows while it is walked.
    for (const from of waiting) {
      const way = ways.get(from) as Way;
      const node = this.#node(from);
      const reach = (next: number, reached: Way) => {
        if (this.#improves(ways, next, reached)) waiting.push(next);
      };
      if (node.op === "split") for (const next of node.next) reach(next, way);
      if (node.op === "slot-start" || node.op === "slot-end") {
        reach(node.next, { ...way, captures: capture(node, position, way.captures) });
      }
      if (node.op === "word" && !node.inSlot && this.#grammar.weak.has(node.word)) {
        reach(node.next, { ...way, cost: way.cost + WEAK_WEIGHT, weight: way.weight + WEAK_WEIGHT });
      }
    }
  }

  /** Take one word along every way. */
  hear(ways: Ways, word: string, position: number): Ways {
    const heard: Ways = new Map();
    const costs = new Map<string, number | undefined>();
    const costOf = (expected: string): number | undefined => {
      if (!costs.has(expected)) costs.set(expected, this.#exchangeCost(expected, word));
      return costs.get(expected);
    };
    const added = this.#grammar.weak.has(word);
    for (const [from, way] of ways) {
      const node = this.#node(from);
      if (added && !node.inSlot) this.#improves(heard, from, { ...way, cost: way.cost + WEAK_WEIGHT });
      if (node.op === "digits" && isDigits(word)) {
        this.#improves(heard, node.next, { ...way, weight: way.weight + CONTENT_WEIGHT });
      }
      if (node.op !== "word") continue;
      const cost = node.inSlot ? this.#slotCost(node.word, word) : costOf(node.word);
      if (cost === undefined) continue;
      const corrected = node.inSlot && node.word !== word;
      this.#improves(heard, node.next, {
        cost: way.cost + cost,
        weight: way.weight + this.#weightOf(node.word),
        captures: way.captures,
        corrections: corrected ? { position, word: node.word, previous: way.corrections } : way.corrections,
      });
    }
    return heard;
  }

  best(ways: Ways, words: readonly string[]): TolerantMatch | undefined {
    let best: TolerantMatch | undefined;
    for (const [index, way] of ways) {
      const node = this.#node(index);
      if (node.op !== "accept") continue;
      const score = 1 - way.cost / way.weight;
      if (score < ACCEPTED_SCORE || (best && best.score >= score)) continue;
      best = { intent: node.intent, slots: slotsOf(way.captures, corrected(words, way.corrections)), score };
    }
    return best;
  }

  /** Keep a way if it is affordable and cheaper than the one known. */
  #improves(ways: Ways, node: number, way: Way): boolean {
    if (way.cost > this.#dearest) return false;
    const known = ways.get(node);
    if (known && known.cost <= way.cost) return false;
    ways.set(node, way);
    return true;
  }

  /** What it costs to have heard `heard` for `expected`; undefined when that is too far. */
  #exchangeCost(expected: string, heard: string): number | undefined {
    if (expected === heard) return 0;
    if (this.#grammar.alike.get(expected)?.has(heard)) return ALIKE_COST;
    if (this.#grammar.weak.has(expected)) return this.#grammar.weak.has(heard) ? WEAK_WEIGHT : undefined;
    const similarity = wordSimilarity(expected, heard);
    return similarity >= LEAST_SIMILARITY ? 1 - similarity : undefined;
  }

  #slotCost(expected: string, heard: string): number | undefined {
    if (expected === heard) return 0;
    return this.#grammar.alike.get(expected)?.has(heard) ? SLOT_ALIKE_COST : undefined;
  }

  #weightOf(word: string): number {
    return this.#grammar.weak.has(word) ? WEAK_WEIGHT : CONTENT_WEIGHT;
  }

  #node(index: number): Node {
    return this.#grammar.network.nodes[index] as Node;
  }
}

function corrected(words: readonly string[], corrections: Correction | undefined): readonly string[] {
  const result = [...words];
  for (let correction = corrections; correction; correction = correction.previous) {
    result[correction.position] = correction.word;
  }
  return result;
}
