import type { z } from "zod";
import { configKeys, isSecretAt, keysAt } from "./keys.ts";
import { closest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Where a key was written, as the beginning of a sentence: `hearth.yaml, line 3` or `HEARTH_LOG_LEVEL`. */
export type Place = (path: Path) => string;

/**
 * Say in sentences what is wrong, where, and what to do.
 *
 * Values are quoted so that the place is recognised, except secrets.
 */
export function explain(issues: readonly Issue[], input: unknown, place: Place): string[] {
  return issues.flatMap((issue) => explainIssue(issue, [], input, place));
}

function explainIssue(issue: Issue, prefix: Path, input: unknown, place: Place): string[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${place([...path, key])}: ${unknownKey(path, key)}`);
  }
  if (issue.code === "invalid_union") {
    const value = valueAt(input, path);
    const branch = likeliest(issue.errors, value);
    if (branch) return branch.flatMap((nested) => explainIssue(nested, path, input, place));
  }
  return [`${place(path)}: ${nameOf(path)} ${complaint(issue, path, input)}`];
}

function unknownKey(section: Path, key: string): string {
  const siblings = keysAt(section);
  const full = nameOf([...section, key]);
  const near = closest(key, siblings);
  if (near) return `there is no "${full}". Did you mean "${near}"?`;
  const elsewhere = configKeys.find((candidate) => candidate.path.at(-1) === key);
  if (elsewhere) return `there is no "${full}". Did you mean "${elsewhere.path.join(".")}"?`;
  const what = section.length === 0 ? "The sections are" : `"${nameOf(section)}" takes`;
  return `there is no "${full}". ${what}: ${siblings.join(", ")}.`;
}

function complaint(issue: Issue, path: Path, input: unknown): string {
  const value = valueAt(input, path);
  const shown = isSecretAt(path) || value === undefined ? "" : `is ${quoted(value)}; it `;
  switch (issue.code) {
    case "invalid_type":
      return value === undefined
        ? "is missing; add it."
        : `${shown}must be ${TYPES[issue.expected] ?? issue.expected}.`;
    case "too_small":
    case "too_big": {
      if (!/^Too (small|big)/.test(issue.message)) return `${issue.message}.`;
      const limit = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      if (issue.origin === "string") return `must have ${limit} characters.`;
      if (issue.origin === "array") return `must have ${limit} entries.`;
      return `${shown}must be ${limit}.`;
    }
    case "invalid_value": {
      const allowed = issue.values.map((option) =>
        typeof option === "string" ? option : JSON.stringify(option),
      );
      const near = typeof value === "string" ? closest(value, allowed.map(String)) : undefined;
      return `${shown}must be ${listed(allowed.map(String))}.${near ? ` Did you mean "${near}"?` : ""}`;
    }
    case "invalid_format":
    case "custom":
      return `${issue.message}.`;
    default:
      return `is not right: ${issue.message}.`;
  }
}

/** Of a union's failed branches, the one the writer was after: the one that fits the kind of value written. */
function likeliest(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  const choices = branches.flatMap((branch) => branch.filter((issue) => issue.code === "invalid_value"));
  const [first] = choices;
  if (first && choices.length === branches.length && choices.every((issue) => issue.path.length === 0)) {
    return [{ ...first, values: choices.flatMap((issue) => issue.values) }];
  }
  // Where a union takes one or several, the list is its last branch.
  if (Array.isArray(value)) return branches.at(-1);
  const wrongKind = (branch: readonly Issue[]) =>
    branch.some((issue) => issue.path.length === 0 && issue.code === "invalid_type");
  return branches.find((branch) => !wrongKind(branch)) ?? branches[0];
}

const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a section with keys",
  record: "a section with keys",
};

/** `turn.deadline_ms`, `wake.phrases[0].text`. */
function nameOf(path: Path): string {
  if (path.length === 0) return "the configuration";
  return path
    .map((step, at) => (typeof step === "number" ? `[${step}]` : `${at > 0 ? "." : ""}${String(step)}`))
    .join("");
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return value;
}

function quoted(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a section";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function listed(options: readonly string[]): string {
  if (options.length < 2) return options.join("");
  return `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`;
}
