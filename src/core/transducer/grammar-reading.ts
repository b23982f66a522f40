import type { GrammarStates, Place } from "./grammar-states.ts";
import type { Spelling } from "./spelling.ts";
import type { TokenGrammar } from "./token-grammar.ts";

/** A command as it is handed over. */
export interface ReadCommand {
  readonly intent: string;
  /** The words that filled each slot. */
  readonly slots: Readonly<Record<string, string>>;
  /** The words as the grammar writes them, however they were pronounced. */
  readonly text: string;
}

/** What happened on the way, the latest first. */
interface Trail {
  readonly sign: Sign;
  readonly before: Trail | undefined;
}
type Sign =
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "letters"; readonly letters: string; readonly begins: boolean }
  | { readonly kind: "slot-start" | "slot-end"; readonly name: string };

interface Thread {
  readonly place: Place;
  readonly trail: Trail | undefined;
}

/**
 * Read a row of tokens as a command: which intent, and what its slots hold.
 *
 * Of several readings the one the grammar prefers is taken. Undefined when the tokens are no command.
 */
export function readTokens(
  grammar: TokenGrammar,
  states: GrammarStates,
  spelling: Spelling,
  tokens: readonly number[],
): ReadCommand | undefined {
  const start: Place = { node: grammar.start, caller: undefined, polite: false };
  let threads = spread(states, [{ place: start, trail: undefined }]);
  for (const token of tokens) {
    const next: Thread[] = [];
    for (const { place, trail } of threads) {
      const node = grammar.nodes[place.node];
      if (node?.op === "branch") {
        for (const arc of node.arcs) {
          if (arc.token !== token) continue;
          const sign: Sign | undefined =
            arc.word === undefined ? undefined : { kind: "word", word: arc.word };
          next.push({ place: { ...place, node: arc.next }, trail: sign ? { sign, before: trail } : trail });
        }
      } else if (node?.op === "free" && node.begins === spelling.beginsWord(token)) {
        const sign: Sign = { kind: "letters", letters: spelling.letters(token), begins: node.begins };
        next.push({ place: { ...place, node: node.next }, trail: { sign, before: trail } });
      }
    }
    threads = spread(states, next);
  }
  for (const { place, trail } of threads) {
    const node = grammar.nodes[place.node];
    if (node?.op === "accept") return { intent: node.intent, ...told(trail) };
  }
  return undefined;
}

/** Follow every thread to all it reaches without a token. A place reached before is left as it was. */
function spread(states: GrammarStates, threads: readonly Thread[]): Thread[] {
  const spreadOut: Thread[] = [];
  const seen = new Set<number>();
  for (const { place, trail } of threads) {
    // The walk is depth first, so a slot's sign belongs to everything visited until the walk leaves it again;
    // the trail of a place is therefore kept by its key.
    const trails = new Map<number, Trail | undefined>([[states.keyOf(place), trail]]);
    states.reach(place, (reached, node, from) => {
      const key = states.keyOf(reached);
      if (seen.has(key)) return false;
      seen.add(key);
      const before = from ? trails.get(states.keyOf(from)) : trail;
      const marked =
        node.op === "slot-start" || node.op === "slot-end"
          ? { sign: { kind: node.op, name: node.name }, before }
          : before;
      trails.set(key, marked);
      spreadOut.push({ place: reached, trail: marked });
      return true;
    });
  }
  return spreadOut;
}

/** Put words and slots together from a trail. */
function told(trail: Trail | undefined): { text: string; slots: Record<string, string> } {
  const signs: Sign[] = [];
  for (let at = trail; at; at = at.before) signs.unshift(at.sign);
  const words: string[] = [];
  const slots: Record<string, string> = {};
  let open: { name: string; from: number } | undefined;
  for (const sign of signs) {
    if (sign.kind === "word") words.push(sign.word);
    else if (sign.kind === "letters") {
      const last = words.pop();
      if (last === undefined || sign.begins) words.push(...(last === undefined ? [] : [last]), sign.letters);
      else words.push(last + sign.letters);
    } else if (sign.kind === "slot-start") open = { name: sign.name, from: words.length };
    else if (open) slots[open.name] = words.slice(open.from).join(" ");
  }
  return { text: words.join(" "), slots };
}
