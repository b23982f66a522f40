import { type ConfigKey, configKeys } from "./keys.ts";
import { closest } from "./suggest.ts";

/** Variables that are not keys of the configuration: where things are, read before it, and what commands take. */
const specialVariables = [
  "HEARTH_DATA",
  "HEARTH_CONFIG",
  "HEARTH_MODELS",
  "HEARTH_SPEECH",
  "HEARTH_EVENTS_URL",
  "HEARTH_TOKEN",
  "HEARTH_BROKER",
] as const;

/** One key set by the environment. */
export interface Override {
  readonly key: ConfigKey;
  readonly value: unknown;
}

/**
 * Read the `HEARTH_…` variables that override keys.
 *
 * Numbers and booleans are written as usual (`on`, `yes` and `1` are true). Lists are separated by commas or written
 * as JSON; maps are JSON. An empty variable counts as unset, because that is what an unset one in a service or
 * compose file becomes. A variable that names no key is a problem, never ignored.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly overrides: readonly Override[];
  readonly problems: readonly string[];
} {
  const overrides: Override[] = [];
  const problems: string[] = [];
  const special: readonly string[] = specialVariables;
  for (const [variable, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith("HEARTH_") || special.includes(variable)) continue;
    const key = configKeys.find((candidate) => candidate.variable === variable);
    if (!key) {
      problems.push(unknownVariable(variable));
      continue;
    }
    if (text === undefined || text.trim() === "") continue;
    const read = valueFor(key, text.trim());
    if (read.ok) overrides.push({ key, value: read.value });
    else problems.push(`${variable}: ${read.problem}`);
  }
  return { overrides, problems };
}

function unknownVariable(variable: string): string {
  const names = [...configKeys.map((key) => key.variable), ...specialVariables];
  const near = closest(variable, names);
  const advice = near ? `Did you mean ${near}?` : "Unset it; `hearth config keys` lists what there is.";
  return `${variable}: no setting has this variable. ${advice}`;
}

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

function valueFor(key: ConfigKey, text: string): Read {
  switch (key.kind) {
    case "text":
      return { ok: true, value: text };
    case "number": {
      // What is no number goes on as text: the schema's message then says what is expected.
      const number = Number(text);
      return { ok: true, value: Number.isNaN(number) ? text : number };
    }
    case "boolean": {
      if (/^(true|yes|on|1)$/i.test(text)) return { ok: true, value: true };
      if (/^(false|no|off|0)$/i.test(text)) return { ok: true, value: false };
      return { ok: true, value: text };
    }
    case "list": {
      if (text.startsWith("[")) return json(text, `["one", "two"]`);
      return {
        ok: true,
        value: text
          .split(",")
          .map((item) => item.trim())
          .filter((item) => item !== ""),
      };
    }
    case "map":
      return json(text, `{"name": {…}}`);
  }
}

function json(text: string, example: string): Read {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, problem: `this is not JSON. Write it like ${example}.` };
  }
}
