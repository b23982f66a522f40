import { GrammarError, type Pattern } from "#core/grammar-pattern.ts";

const MAX_RULE_DEPTH = 12;

/** Whether a rule is a list of names, not a template. */
export function isNames(rule: Pattern | readonly string[]): rule is readonly string[] {
  return Array.isArray(rule);
}

/** @throws {GrammarError} when a rule is missing, uses itself or is nested past 12. */
export function checkNesting(
  rules: ReadonlyMap<string, Pattern | readonly string[]>,
  used: readonly string[],
): void {
  const depths = new Map<string, number>();
  const depthOf = (name: string, path: readonly string[]): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const rule = rules.get(name);
    if (!rule) throw new GrammarError(`there is no rule <${name}>`);
    if (path.includes(name)) throw new GrammarError(`rule <${name}> uses itself`);
    if (path.length >= MAX_RULE_DEPTH) throw new GrammarError(`rules are nested past ${MAX_RULE_DEPTH}`);
    const inner = isNames(rule) ? [] : calledBy(rule);
    const depth = 1 + Math.max(0, ...inner.map((other) => depthOf(other, [...path, name])));
    depths.set(name, depth);
    return depth;
  };
  for (const name of [...used, ...rules.keys()]) depthOf(name, []);
}

function calledBy(pattern: Pattern): string[] {
  if (pattern.kind === "rule") return [pattern.name];
  if ("items" in pattern) return pattern.items.flatMap(calledBy);
  if ("options" in pattern) return pattern.options.flatMap(calledBy);
  return "item" in pattern ? calledBy(pattern.item) : [];
}
