import type { Grammar } from "./grammar.ts";
import type { Pattern } from "./grammar-pattern.ts";

/**
 * The grammar in JSGF 1.0 for recognisers that decode a closed grammar (PocketSphinx).
 *
 * What cannot be closed is left out: alternatives with an open slot or with digits disappear, and an intent
 * that has no other is not in the result. The public rule is `<command>`. Words are lower case as in the
 * dictionary; `vocabulary` lists them, so that words the dictionary lacks can be found beforehand.
 */
export function toJsgf(grammar: Grammar, name = "hearth"): string {
  const { intents, rules } = closedGrammar(grammar);
  const lines = ["#JSGF V1.0;", `grammar ${name};`];
  const choices = intents.map((_, index) => `<intent_${index}>`).join(" | ");
  lines.push(`public <command> = ${choices === "" ? "<VOID>" : choices};`);
  for (const [index, intent] of intents.entries()) lines.push(`<intent_${index}> = ${jsgf(intent)};`);
  for (const [rule, pattern] of rules) lines.push(`<${rule}> = ${jsgf(pattern)};`);
  return `${lines.join("\n")}\n`;
}

/** Every word the closed part of the grammar can hear, sorted. */
export function vocabulary(grammar: Grammar): string[] {
  const { intents, rules } = closedGrammar(grammar);
  const words = new Set<string>();
  const visit = (pattern: Pattern): void => {
    if (pattern.kind === "word") words.add(pattern.word);
    for (const child of childrenOf(pattern)) visit(child);
  };
  for (const pattern of [...intents, ...rules.values()]) visit(pattern);
  return [...words].sort();
}

/**
 * Make `count` sentences of the closed part of the grammar, for tests and benchmarks.
 *
 * Intents take turns; `random` yields 0 ≤ x < 1. A repeated part is said at most three times.
 */
export function examples(
  grammar: Grammar,
  random: () => number,
  count: number,
): { readonly intent: string; readonly text: string }[] {
  const { intents, names, rules } = closedGrammar(grammar);
  const say = (pattern: Pattern): string[] => {
    switch (pattern.kind) {
      case "word":
        return [pattern.word];
      case "optional":
        return random() < 0.5 ? say(pattern.item) : [];
      case "repeat":
        return Array.from({ length: 1 + Math.floor(random() * 3) }, () => say(pattern.item)).flat();
      case "choice":
        return say(pattern.options[Math.floor(random() * pattern.options.length)] as Pattern);
      case "rule":
        return say(rules.get(pattern.name) as Pattern);
      default:
        return childrenOf(pattern).flatMap(say);
    }
  };
  return Array.from({ length: intents.length === 0 ? 0 : count }, (_, index) => {
    const chosen = index % intents.length;
    return { intent: names[chosen] as string, text: say(intents[chosen] as Pattern).join(" ") };
  });
}

/** The grammar without what is open; rules keep their order, and only those still used remain. */
function closedGrammar(grammar: Grammar) {
  const closedRules = new Map<string, Pattern | undefined>();
  const close = (pattern: Pattern): Pattern | undefined => {
    switch (pattern.kind) {
      case "word":
        return pattern;
      case "digits":
      case "open":
        return undefined;
      case "rule": {
        const rule = grammar.rules.get(pattern.name);
        if (!closedRules.has(pattern.name)) closedRules.set(pattern.name, rule && close(rule));
        return closedRules.get(pattern.name) && pattern;
      }
      case "choice": {
        const options = pattern.options.map(close).filter((option) => option !== undefined);
        return options.length === 0 ? undefined : { kind: "choice", options };
      }
      case "sequence": {
        // What an optional part loses, the sentence can do without; anything else it cannot.
        const items: Pattern[] = [];
        for (const item of pattern.items) {
          const closedItem = close(item);
          if (closedItem) items.push(closedItem);
          else if (item.kind !== "optional") return undefined;
        }
        return items.length === 0 ? undefined : { kind: "sequence", items };
      }
      default: {
        const item = close(pattern.item);
        return item && { ...pattern, item };
      }
    }
  };
  const closed = grammar.intents.flatMap(({ name, pattern }) => {
    const intent = close(pattern);
    return intent ? [{ name, intent }] : [];
  });
  const rules = new Map<string, Pattern>();
  for (const [name, pattern] of closedRules) if (pattern) rules.set(name, pattern);
  return { intents: closed.map(({ intent }) => intent), names: closed.map(({ name }) => name), rules };
}

function childrenOf(pattern: Pattern): readonly Pattern[] {
  if ("items" in pattern) return pattern.items;
  if ("options" in pattern) return pattern.options;
  return "item" in pattern ? [pattern.item] : [];
}

function jsgf(pattern: Pattern): string {
  switch (pattern.kind) {
    case "word":
      return pattern.word;
    case "rule":
      return `<${pattern.name}>`;
    case "choice":
      return `( ${pattern.options.map(jsgf).join(" | ")} )`;
    case "optional":
      return `[ ${jsgf(pattern.item)} ]`;
    case "repeat":
      return `( ${jsgf(pattern.item)} )+`;
    default:
      return childrenOf(pattern).map(jsgf).join(" ");
  }
}
