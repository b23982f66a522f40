import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { defaultDataDir } from "#adapters/system/data-dir.ts";
import { configExample, configJsonSchema } from "#config/documents.ts";
import { configKeys } from "#config/keys.ts";
import { type ConfigResult, loadConfig } from "#config/load.ts";
import { redact } from "#config/redact.ts";
import type { Command } from "./command.ts";

const ACTIONS = ["show", "check", "keys", "example", "schema"] as const;

/** Show, check and describe the configuration. */
export const command: Command = {
  summary: "show, check and describe the configuration",
  usage: `hearth config show|check|keys|example|schema [FILE] [--data DIR] [--json]

  show      the configuration in effect: defaults, file and environment; secrets are hidden
  check     whether the configuration is right; every mistake with its line
  keys      every key, its environment variable, its default and what it does
  example   a hearth.yaml with every key, commented out
  schema    JSON Schema of hearth.yaml, for editors

  FILE        the file to show or check (default: HEARTH_CONFIG, else hearth.yaml in the data directory)
  --data DIR  the data directory (default: HEARTH_DATA, else ~/.local/share/hearth)
  --json      answer in JSON`,
  run(argv) {
    return Promise.resolve(answer(argv));
  },
};

function answer(argv: readonly string[]): number {
  const called = parsed(argv);
  if (typeof called === "string") {
    console.error(`hearth config: ${called}\n\n${command.usage}`);
    return 2;
  }
  switch (called.action) {
    case "show":
      return show(load(called), called.json);
    case "check":
      return check(load(called), called.json);
    case "keys":
      console.log(called.json ? JSON.stringify(configKeys, null, 2) : keyTable());
      return 0;
    case "example":
      process.stdout.write(configExample());
      return 0;
    case "schema":
      console.log(JSON.stringify(configJsonSchema(), null, 2));
      return 0;
  }
}

interface Called {
  readonly action: (typeof ACTIONS)[number];
  readonly file: string | undefined;
  readonly data: string | undefined;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): Called | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { data: { type: "string" }, json: { type: "boolean" } },
    });
    const [name, file, ...rest] = positionals;
    const action = ACTIONS.find((known) => known === name);
    if (!action) return name === undefined ? "Say what to do." : `There is no "${name}".`;
    if (rest.length > 0) return "One file is enough.";
    return { action, file, data: values.data, json: values.json ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function load(called: Called): ConfigResult {
  return loadConfig({
    file: called.file,
    dataDir: called.data ?? defaultDataDir(process.env),
    env: process.env,
    readFile(path) {
      try {
        return readFileSync(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
  });
}

function show(result: ConfigResult, json: boolean): number {
  if (!result.ok) return report(result, json);
  const shown = redact(result.config);
  process.stdout.write(json ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown));
  return 0;
}

function check(result: ConfigResult, json: boolean): number {
  if (!result.ok || json) return report(result, json);
  for (const warning of result.warnings) console.log(`Mind: ${warning}`);
  console.log(result.file ? `${result.file} is right.` : "There is no file; the defaults hold.");
  return 0;
}

function report(result: ConfigResult, json: boolean): number {
  const problems = result.ok ? [] : result.problems;
  if (json) {
    const warnings = result.ok ? result.warnings : [];
    console.log(JSON.stringify({ ok: result.ok, problems, warnings }, null, 2));
  } else for (const problem of problems) console.error(problem);
  return result.ok ? 0 : 1;
}

function keyTable(): string {
  return configKeys
    .map(({ path, variable, fallback, description }) => {
      const value = fallback === undefined ? "no default" : `default ${JSON.stringify(fallback)}`;
      return `${path.join(".")}  (${variable}, ${value})\n    ${description}`;
    })
    .join("\n");
}
