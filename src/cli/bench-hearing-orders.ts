import { LIKELY_LLR } from "#core/command-likelihood.ts";
import type { GrammarSource } from "#core/grammar.ts";
import { wordsOf } from "#core/words.ts";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import type { HeardCommand } from "#ports/speech-to-text.ts";
import { type Clip, type Corpus, joined, soundOf } from "./bench-hearing-corpus.ts";
import { type Figure, turn } from "./bench-hearing-result.ts";
import { type Condition, framesOf, inRoom } from "./bench-hearing-room.ts";

/** What of the orders bench may differ from run to run. */
export interface OrdersOptions {
  readonly conditions: readonly Condition[];
  readonly limit: number;
  progress(what: string): void;
}

/** Recordings that are no order: as many as can be heard in some twenty seconds. */
const MOST_OTHERS = 100;

/** How people begin to ask for something. */
const ASKING = [
  "[please] (get | give | make | bring | brew | fetch) [me]",
  "(can | could | may) i [please] (have | get)",
  "(can | could | would) you [please] (get | give | make | bring | brew) [me]",
  "i (want | need | would like)",
  "i'd like",
  "i'll (have | take)",
].join(" | ");
/** Words between the parts of an order that mean nothing by themselves. */
const LINKS = "a | an | the | some | of | with | and | and a | with a";

/**
 * A grammar of orders from their labels: how people ask, then the values of the labels' slots in any order.
 *
 * A slot that every label has is what is ordered, and is said once. Nothing of how the recordings were worded is
 * used, so that a grammar can be made for any folder with such labels.
 */
export function orderGrammar(orders: readonly Clip[]): GrammarSource {
  const values = new Map<string, Set<string>>();
  for (const { slots = {} } of orders) {
    for (const [name, value] of Object.entries(slots)) {
      values.set(name, (values.get(name) ?? new Set()).add(value));
    }
  }
  const names = [...values.keys()];
  const ordered = names.find((name) => orders.every(({ slots = {} }) => name in slots));
  const others = names.filter((name) => name !== ordered);
  const details = others.length > 0 ? "[([<link>] <detail>)+]" : "";
  const template =
    ordered === undefined
      ? "([<link>] <detail>)+"
      : `${details} [<link>] {${ordered}:<${ordered}>} ${details}`;
  return {
    intents: [{ name: "order", templates: [`[<asking>] ${template}`] }],
    after: "[please]",
    rules: {
      asking: ASKING,
      link: LINKS,
      ...(others.length > 0 && { detail: others.map((name) => `{${name}:<${name}>}`).join(" | ") }),
      ...Object.fromEntries([...values].map(([name, set]) => [name, [...set].sort().join(" | ")])),
    },
  };
}

/**
 * How many orders are heard with every slot, in each place, and how much of what is no order is taken for one.
 *
 * Leaves the grammar of the last group of orders in the engine.
 */
export async function measureOrders(
  engine: HearingEngine,
  corpus: Corpus,
  options: OrdersOptions,
): Promise<Figure[]> {
  const noise = joined(corpus.noise.map((clip) => soundOf(corpus, clip)));
  const figures: Figure[] = [];
  for (const [group, orders] of corpus.orders) {
    engine.setVocabulary({ grammar: orderGrammar(orders) });
    for (const condition of options.conditions) {
      if (condition === "noise" && noise.length === 0) continue;
      options.progress(`commands, ${condition}: ${group}`);
      figures.push(...(await understood(engine, corpus, group, condition, noise, options.limit)));
    }
    options.progress(`commands: what is no ${group}`);
    const others = corpus.negatives
      .filter((clip) => clip.slots === undefined)
      .slice(0, Math.min(MOST_OTHERS, options.limit * 3));
    let taken = 0;
    for (const [seed, clip] of others.entries()) {
      const command = await commandIn(engine, inRoom(soundOf(corpus, clip), "clean", noise, seed));
      if (command && command.llr > LIKELY_LLR) taken += 1;
    }
    figures.push({
      about: `commands, ${group}`,
      what: "other recordings taken for one",
      value: (100 * taken) / others.length,
      unit: "%",
      of: `${taken} of ${others.length}; believed above an LLR of ${LIKELY_LLR}`,
    });
  }
  return figures;
}

async function understood(
  engine: HearingEngine,
  corpus: Corpus,
  group: string,
  condition: Condition,
  noise: Float32Array,
  limit: number,
): Promise<Figure[]> {
  const used = (corpus.orders.get(group) ?? []).slice(0, limit);
  let exact = 0;
  let believed = 0;
  let wrong = 0;
  let [right, slots] = [0, 0];
  for (const [seed, clip] of used.entries()) {
    const meant = Object.entries(clip.slots ?? {});
    const command = await commandIn(engine, inRoom(soundOf(corpus, clip), condition, noise, seed));
    const heard = new Map(
      Object.entries(command?.slots ?? {}).map(([name, value]) => [name, wordsOf(value).join(" ")]),
    );
    const same = meant.filter(([name, value]) => heard.get(name) === value).length;
    const isExact = same === meant.length && heard.size === meant.length;
    slots += meant.length;
    right += same;
    if (isExact) exact += 1;
    if (!command || command.llr <= LIKELY_LLR) continue;
    believed += 1;
    if (!isExact) wrong += 1;
  }
  return [
    {
      about: `commands, ${group}`,
      what: `${condition}: exact with every slot`,
      value: (100 * exact) / used.length,
      unit: "%",
      of: `${exact} of ${used.length}; ${right} of ${slots} slots; ${believed} believed, of which ${wrong} wrong`,
    },
  ];
}

async function commandIn(engine: HearingEngine, sound: Float32Array): Promise<HeardCommand | undefined> {
  using stream = engine.open([]);
  using utterance = stream.utterance(0);
  let at = 0;
  for (const frame of framesOf(sound)) {
    stream.push(frame, at);
    at += frame.length;
  }
  const { command } = utterance.finish();
  await turn();
  return command;
}
