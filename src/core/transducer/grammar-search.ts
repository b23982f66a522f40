import type { GrammarArc, GrammarState, GrammarStates } from "./grammar-states.ts";
import { BLANK, type Joint, LAST_SIGN, nextContext, START_CONTEXT } from "./joint.ts";
import type { Spelling } from "./spelling.ts";

/** Readings followed at once. */
const BEAM = 16;
/** Candidates looked at closely per frame: enough that 16 are left when equal ones have been joined. */
const CANDIDATES = 4 * BEAM;
/** Tokens of an open slot tried per frame, and what each costs against words the grammar knows. */
const FREE_TOKENS = 3;
const FREE_PENALTY = 0.7;

interface Tail {
  readonly token: number;
  readonly before: Tail | undefined;
}

interface Reading {
  readonly state: GrammarState;
  readonly context: number;
  readonly score: number;
  readonly tail: Tail | undefined;
  readonly length: number;
}

/** The best complete command in what was heard. */
export interface HeardTokens {
  readonly tokens: readonly number[];
  /** Log-probability of these tokens and the blanks between them, less what open slots cost. */
  readonly score: number;
  /** Nothing longer in the grammar begins like it, politeness aside. */
  readonly closed: boolean;
}

/** Reads encoder frames as a command of a grammar: a time-synchronous beam over the grammar's states. */
export class GrammarSearch {
  readonly #joint: Joint;
  readonly #states: GrammarStates;
  readonly #spelling: Spelling;
  #readings: readonly Reading[];

  constructor(joint: Joint, states: GrammarStates, spelling: Spelling, readings?: readonly Reading[]) {
    this.#joint = joint;
    this.#states = states;
    this.#spelling = spelling;
    this.#readings = readings ?? [
      { state: states.start, context: START_CONTEXT, score: 0, tail: undefined, length: 0 },
    ];
  }

  /** A search that goes on from here on its own. */
  clone(): GrammarSearch {
    return new GrammarSearch(this.#joint, this.#states, this.#spelling, this.#readings);
  }

  /** Take in `count` encoder frames. Shape: [count × width]. */
  push(frames: Float32Array, count: number): void {
    for (let frame = 0; frame < count; frame++) this.#step(frames, frame);
  }

  /** The likeliest reading that is a whole command; undefined when none is, or nothing was said. */
  best(): HeardTokens | undefined {
    let best: Reading | undefined;
    for (const reading of this.#readings) {
      if (reading.state.intent === undefined || reading.length === 0) continue;
      if (!best || reading.score > best.score) best = reading;
    }
    if (!best) return undefined;
    const tokens: number[] = [];
    for (let tail = best.tail; tail; tail = tail.before) tokens.unshift(tail.token);
    return { tokens, score: best.score, closed: best.state.closed };
  }

  #step(frames: Float32Array, frame: number): void {
    const { vocabulary } = this.#joint;
    const contexts = [...new Set(this.#readings.map(({ context }) => context))];
    const logProbs = this.#joint.logProbs(frames, new Array(contexts.length).fill(frame), contexts);
    const candidates = new Candidates();
    for (const reading of this.#readings) {
      const row = contexts.indexOf(reading.context) * vocabulary;
      candidates.offer(reading.score + (logProbs[row + BLANK] as number), reading, BLANK, undefined);
      for (const [token, arc] of reading.state.arcs) {
        candidates.offer(reading.score + (logProbs[row + token] as number), reading, token, arc);
      }
      if (reading.state.free) this.#offerFree(candidates, reading, logProbs.subarray(row, row + vocabulary));
    }

    const next = new Map<number, Reading>();
    for (const { score, reading, token, arc } of candidates.best()) {
      const state = arc ? this.#states.follow(arc) : reading.state;
      const context = arc ? nextContext(reading.context, token) : reading.context;
      // States number some thousands and contexts 2 million: together far below 2^53.
      const key = state.id * 2 ** 24 + context;
      // The best comes first, so an equal one that is there already is the better one.
      if (next.has(key)) continue;
      const tail = arc ? { token, before: reading.tail } : reading.tail;
      next.set(key, { state, context, score, tail, length: reading.length + (arc ? 1 : 0) });
      if (next.size === BEAM) break;
    }
    this.#readings = [...next.values()];
  }

  /** The likeliest tokens that an open slot may take and the grammar has no word for. */
  #offerFree(candidates: Candidates, reading: Reading, logProbs: Float32Array): void {
    const { arcs, free } = reading.state;
    if (!free) return;
    let below = Number.POSITIVE_INFINITY;
    for (let n = 0; n < FREE_TOKENS; n++) {
      let best = -1;
      for (let token = LAST_SIGN + 1; token < logProbs.length; token++) {
        const value = logProbs[token] as number;
        if (value < below && (best < 0 || value > (logProbs[best] as number))) best = token;
      }
      if (best < 0) return;
      below = logProbs[best] as number;
      const arc = this.#spelling.beginsWord(best) ? free.begins : free.within;
      if (arc.places.length === 0 || arcs.has(best)) continue;
      candidates.offer(reading.score + below - FREE_PENALTY, reading, best, arc);
    }
  }
}

interface Candidate {
  readonly score: number;
  readonly reading: Reading;
  readonly token: number;
  readonly arc: GrammarArc | undefined;
}

/** Keeps the best few of many, without sorting all of them. */
class Candidates {
  #kept: Candidate[] = [];
  /** What a candidate must exceed to be of interest; rises whenever the kept are thinned out. */
  #bar = Number.NEGATIVE_INFINITY;

  offer(score: number, reading: Reading, token: number, arc: GrammarArc | undefined): void {
    if (score <= this.#bar) return;
    this.#kept.push({ score, reading, token, arc });
    if (this.#kept.length < 4 * CANDIDATES) return;
    this.#kept = this.best();
    this.#bar = this.#kept.at(-1)?.score ?? this.#bar;
  }

  /** The best, in falling order. */
  best(): Candidate[] {
    return this.#kept.sort((a, b) => b.score - a.score).slice(0, CANDIDATES);
  }
}
