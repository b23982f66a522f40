import type { Spelling } from "./spelling.ts";
import type { TokenGrammar } from "./token-grammar.ts";
import type { TokenNode } from "./token-network.ts";

/**
 * The token network made deterministic, one state at a time as a search gets there.
 *
 * A state is the set of places the tokens so far may have led to. A place is a node, what is to be returned to
 * after the rule it lies in, and whether the command itself is over and only politeness may follow.
 */

/** A place in the grammar. */
export interface Place {
  readonly node: number;
  /** Where the rule at hand was called from; undefined outside of rules. */
  readonly caller: Caller | undefined;
  readonly polite: boolean;
}

interface Caller {
  readonly id: number;
  readonly next: number;
  readonly caller: Caller | undefined;
}

/** Where a search stands in the grammar. */
export interface GrammarState {
  readonly id: number;
  /** Tokens that may come, and what they lead to. */
  readonly arcs: ReadonlyMap<number, GrammarArc>;
  /** What a token of an open slot leads to, when it begins a word and when it does not. */
  readonly free: { readonly begins: GrammarArc; readonly within: GrammarArc } | undefined;
  /** The intent that is complete here, the preferred one of several. */
  readonly intent: string | undefined;
  /** Nothing but politeness can follow. */
  readonly closed: boolean;
}

/** One way out of a state; `target` is worked out when it is first taken. */
export interface GrammarArc {
  readonly places: readonly Place[];
  target: GrammarState | undefined;
}

/** States kept; a house's commands visit some hundreds. */
const MAX_STATES = 20_000;

/** The states of one grammar. */
export class GrammarStates {
  readonly #grammar: TokenGrammar;
  readonly #spelling: Spelling;
  readonly #states = new Map<string, GrammarState>();
  readonly #callers = new Map<string, Caller>();
  #lastId = 0;
  #start: GrammarState | undefined;

  constructor(grammar: TokenGrammar, spelling: Spelling) {
    this.#grammar = grammar;
    this.#spelling = spelling;
  }

  get start(): GrammarState {
    this.#start ??= this.#state([{ node: this.#grammar.start, caller: undefined, polite: false }]);
    return this.#start;
  }

  /** How many states have been worked out and kept. */
  get size(): number {
    return this.#states.size;
  }

  /** The state an arc leads to. */
  follow(arc: GrammarArc): GrammarState {
    arc.target ??= this.#state(arc.places);
    return arc.target;
  }

  /**
   * Visit every place that can be reached from `first` without a token, the preferred first.
   *
   * `visit` is told from where, and answers whether to go on from there.
   */
  reach(
    first: Place,
    visit: (place: Place, node: TokenNode, from: Place | undefined) => boolean,
    from?: Place,
  ): void {
    const node = this.#grammar.nodes[first.node];
    if (!node || !visit(first, node, from)) return;
    // Outside of a rule there is no caller, so the caller is always told and never left to a default.
    const at = (next: number, caller: Caller | undefined, polite = first.polite): void =>
      this.reach({ node: next, caller, polite }, visit, first);
    switch (node.op) {
      case "split":
        for (const next of node.next) at(next, first.caller);
        break;
      case "call": {
        const rule = this.#grammar.rules.get(node.rule);
        if (rule !== undefined) at(rule, this.#caller(node.next, first.caller));
        break;
      }
      case "return":
        if (first.caller) at(first.caller.next, first.caller.caller);
        break;
      case "slot-start":
      case "slot-end":
        at(node.next, first.caller);
        break;
      case "complete":
        at(node.next, first.caller, true);
        break;
      case "branch":
        if (node.end !== undefined) at(node.end, first.caller);
        break;
      default:
      // A free token or the end: nothing is reached without a token.
    }
  }

  /** A number that only this place has. */
  keyOf({ node, caller, polite }: Place): number {
    return ((caller?.id ?? 0) * this.#grammar.nodes.length + node) * 2 + (polite ? 1 : 0);
  }

  #state(from: readonly Place[]): GrammarState {
    const seen = new Set<number>();
    const arcs = new Map<number, { places: Place[]; target: undefined }>();
    const begins: Place[] = [];
    const within: Place[] = [];
    let intent: string | undefined;
    let closed = true;
    const visit = (place: Place, node: TokenNode): boolean => {
      const key = this.keyOf(place);
      if (seen.has(key)) return false;
      seen.add(key);
      if (node.op === "accept") {
        intent ??= node.intent;
      } else if (node.op === "free") {
        (node.begins ? begins : within).push({ ...place, node: node.next });
        closed &&= place.polite;
      } else if (node.op === "branch") {
        for (const { token, next } of node.arcs) {
          const arc = arcs.get(token) ?? { places: [], target: undefined };
          arc.places.push({ ...place, node: next });
          arcs.set(token, arc);
          closed &&= place.polite;
        }
      }
      return true;
    };
    for (const place of from) this.reach(place, visit);

    const identity = [...seen].sort((a, b) => a - b).join();
    const known = this.#states.get(identity);
    if (known) return known;
    // A word of the grammar may just as well be one of an open slot.
    for (const [token, arc] of arcs) arc.places.push(...(this.#spelling.beginsWord(token) ? begins : within));
    const free = begins.length + within.length > 0;
    this.#lastId += 1;
    const state: GrammarState = {
      id: this.#lastId,
      arcs,
      free: free
        ? { begins: { places: begins, target: undefined }, within: { places: within, target: undefined } }
        : undefined,
      intent,
      closed: intent !== undefined && closed,
    };
    if (this.#states.size >= MAX_STATES) {
      // States hold those they lead to, the start all of them.
      this.#states.clear();
      this.#start = undefined;
    }
    this.#states.set(identity, state);
    return state;
  }

  #caller(next: number, caller: Caller | undefined): Caller {
    const key = `${next},${caller?.id ?? 0}`;
    const known = this.#callers.get(key);
    if (known) return known;
    const fresh = { id: this.#callers.size + 1, next, caller };
    this.#callers.set(key, fresh);
    return fresh;
  }
}
