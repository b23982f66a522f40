import { basename, dirname, join, resolve } from "node:path";
import { type Override, readEnvironment } from "./environment.ts";
import { explain } from "./explain.ts";
import { type Config, ConfigFile, type EventBridge, type FeedToken, type ParsedFile } from "./schema.ts";
import { parseYaml, type YamlFile } from "./yaml-file.ts";

/** What came of loading: the configuration, or every problem at once, each a sentence that says what to do. */
export type ConfigResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The file that was read, if any. */
      readonly file: string | undefined;
      /** What is allowed but likely not meant; to be logged. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where the configuration comes from. Nothing else of the world is looked at. */
export interface ConfigSources {
  /** The file somebody named; it must exist. Without it, `HEARTH_CONFIG` names one in the same way. */
  readonly file?: string | undefined;
  /** Where `hearth.yaml` is looked for when nobody named a file; it may be absent. */
  readonly dataDir?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, or `undefined` when there is none. May throw what the system throws. */
  readonly readFile: (path: string) => string | undefined;
  /** The system's time zone, for `assistant.time_zone`. Default: what the runtime says. */
  readonly systemTimeZone?: string | undefined;
}

/** Load the configuration: defaults, then the file, then the environment. Pure over what is injected. */
export function loadConfig(sources: ConfigSources): ConfigResult {
  const problems: string[] = [];
  const { HEARTH_CONFIG: fromEnvironment } = sources.env;
  const named = sources.file ?? (fromEnvironment || undefined);
  const path = named ?? (sources.dataDir === undefined ? undefined : join(sources.dataDir, "hearth.yaml"));
  const yaml = readYaml(sources, path, named !== undefined, problems);
  const { overrides, problems: variableProblems } = readEnvironment(sources.env);
  const input = merged(yaml?.value ?? {}, overrides);

  const parsed = ConfigFile.safeParse(input);
  const place = (at: readonly PropertyKey[]) => {
    const override = overrides.find(({ key }) => key.path.every((step, index) => at[index] === step));
    if (override) return override.key.variable;
    return yaml && path ? `${basename(path)}, line ${yaml.lineOf(at)}` : "configuration";
  };
  if (!parsed.success) problems.push(...explain(parsed.error.issues, input, place));
  problems.push(...variableProblems);
  if (!parsed.success || problems.length > 0) return { ok: false, problems };

  const config = completed(parsed.data, sources, path, problems, place);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config, file: yaml && path, warnings: warningsOf(config) };
}

function readYaml(
  sources: ConfigSources,
  path: string | undefined,
  required: boolean,
  problems: string[],
): YamlFile | undefined {
  if (path === undefined) return undefined;
  const text = readText(sources, path, problems);
  if (text === undefined) {
    if (required && problems.length === 0) problems.push(`${path}: there is no such file. Check the path.`);
    return undefined;
  }
  const parsed = parseYaml(text, basename(path));
  if (parsed.ok) return parsed.file;
  problems.push(...parsed.problems);
  return undefined;
}

function readText(sources: ConfigSources, path: string, problems: string[]): string | undefined {
  try {
    return sources.readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    problems.push(`${path}: it cannot be read (${code}). Check that it is a file and who may read it.`);
    return undefined;
  }
}

/** A copy of `base` with every override put in its place. */
function merged(base: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, { key, value: set }) => put(value, key.path, set), base);
}

function put(base: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  // What is no section stays as it is, for the schema to complain about.
  if (typeof base !== "object" || base === null || Array.isArray(base)) return base;
  const inner = (base as Record<string, unknown>)[step] ?? {};
  return { ...base, [step]: put(inner, rest, value) };
}

/** Fill in what depends on other keys, on files and on the system. */
function completed(
  parsed: ParsedFile,
  sources: ConfigSources,
  path: string | undefined,
  problems: string[],
  place: (path: readonly PropertyKey[]) => string,
): Config {
  const { security, assistant } = parsed;
  const byDefault = isLoopback(parsed.server.host) ? "open" : "token";
  const base = path === undefined ? "." : dirname(path);

  const tokens = (key: "satellite_tokens" | "feed_tokens"): FeedToken[] => {
    const list = security[key].map((entry, at): FeedToken => {
      if (typeof entry === "string") return { id: `feed-${at + 1}`, token: entry };
      const where = `${place(["security", key, at])}: security.${key}[${at}]`;
      if ((entry.token === undefined) === (entry.token_file === undefined)) {
        problems.push(`${where} needs either \`token\` or \`token_file\`. Give it one of them.`);
        return { id: entry.id, token: "" };
      }
      const types = "types" in entry && entry.types !== undefined ? { types: entry.types } : {};
      if (entry.token_file === undefined) return { id: entry.id, token: entry.token ?? "", ...types };
      const text = readText(sources, resolve(base, entry.token_file), problems)?.trim();
      if (text === undefined || !/^[\x21-\x7e]{16,512}$/.test(text)) {
        problems.push(`${where}: the file must hold 16 to 512 printable characters and nothing else.`);
      }
      return { id: entry.id, token: text ?? "", ...types };
    });
    for (const field of ["id", "token"] as const) {
      const seen = new Set(list.map((entry) => entry[field]));
      if (seen.size < list.length && !list.some((entry) => entry.token === "")) {
        problems.push(
          `${place(["security", key])}: security.${key} has the same ${field} twice. Remove one.`,
        );
      }
    }
    return list;
  };

  return {
    ...parsed,
    security: {
      satellites: security.satellites ?? byDefault,
      events: security.events ?? byDefault,
      satellite_tokens: tokens("satellite_tokens"),
      feed_tokens: tokens("feed_tokens"),
    },
    events: {
      bridge: eventBridge(parsed, (file) => readText(sources, resolve(base, file), problems), problems),
    },
    assistant: {
      ...assistant,
      time_zone:
        assistant.time_zone ?? sources.systemTimeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
  };
}

/** The broker for events; undefined when none is named. */
function eventBridge(
  { events, hub }: ParsedFile,
  read: (file: string) => string | undefined,
  problems: string[],
): EventBridge | undefined {
  const { url, username, password, password_file: file, hub: name } = events.bridge;
  if (password !== undefined && file !== undefined) {
    problems.push("events.bridge has both `password` and `password_file`. Remove one of them.");
  }
  if (url === undefined) return undefined;
  const fromFile = file === undefined ? undefined : read(file)?.trim();
  if (fromFile === "")
    problems.push("events.bridge.password_file: the file is empty. Write the password into it.");
  return {
    url,
    username,
    password: password ?? fromFile,
    hub: name ?? hub.name.replaceAll(/[/+#\s$]+/g, "-"),
  };
}

function warningsOf({ server, security, events }: Config): string[] {
  const warnings: string[] = [];
  const doors = [
    ["satellites", "satellite_tokens", "talk to this hub"],
    ["events", "feed_tokens", "read what is said at home"],
  ] as const;
  for (const [door, list, harm] of doors) {
    if (security[door] === "open" && !isLoopback(server.host)) {
      warnings.push(
        `security.${door} is open and the server listens on ${server.host}: anybody there can ${harm}.`,
      );
    }
    if (security[door] === "token" && security[list].length === 0) {
      warnings.push(`security.${door} asks for a token and security.${list} is empty: nobody can connect.`);
    }
  }
  const { bridge } = events;
  if (bridge && new URL(bridge.url).protocol === "mqtt:" && !isLoopback(new URL(bridge.url).hostname)) {
    warnings.push("events.bridge.url is not encrypted: anybody on the way can read what is said at home.");
  }
  return warnings;
}

/** Whether a bind address admits this machine only. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}
