import type { Clock } from "#ports/clock.ts";
import type { Log, LogFields } from "#ports/log.ts";
import { systemClock } from "./system-clock.ts";

/** How much a line matters; each includes those after it. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How the log is written. */
export interface JsonLogOptions {
  /** Lines that matter less are not made. */
  readonly level: LogLevel;
  /** Takes one line, its newline included. Must not throw. */
  readonly write: (line: string) => void;
  /** For a person's eyes instead of JSON. Default false. */
  readonly pretty?: boolean;
  readonly clock?: Pick<Clock, "wallMs">;
}

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Longer texts are cut: an identifier or a path fits, a conversation does not. */
const MAX_TEXT = 200;

/**
 * Fields whose text may be logged, in snake_case; camelCase spellings are the same.
 *
 * Numbers and booleans always pass. Text under any other name is replaced by its length, so that nothing that was
 * said can reach a log through a field nobody thought of.
 */
const TEXT_FIELDS: ReadonlySet<string> = new Set(
  (
    "address app arch assistant_clock by channel check client client_id code command component core data_dir dialect " +
    "door endpoint engine error event event_type expected fault file firmware from hash hearing host id kind level " +
    "link link_id locale mode model name next operation origin outcome part path peer pid platform port process_name " +
    "provider reason remote_address role room route satellite satellite_id service session session_id sha256 signal " +
    "source stage state status step subscriber task time_zone timer to transport turn turn_id turn_state type url " +
    "user_id version voice"
  ).split(" "),
);

/**
 * A log of JSON lines: `{"time","level","message",…fields}`.
 *
 * Safe by construction: see {@link TEXT_FIELDS}. Control characters never reach the terminal.
 */
export function jsonLog(options: JsonLogOptions): Log {
  const clock = options.clock ?? systemClock;
  const least = ORDER.indexOf(options.level);
  const format = options.pretty ? prettyLine : jsonLine;
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (ORDER.indexOf(level) < least) return;
    const time = new Date(clock.wallMs()).toISOString();
    options.write(`${format(time, level, cut(message), safe(fields ?? {}))}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The process's log: on standard error, as JSON, or readable when that is a terminal. */
export function stderrLog(level: LogLevel): Log {
  // A reader that went away must not end the hub.
  process.stderr.on("error", () => {});
  return jsonLog({ level, pretty: process.stderr.isTTY, write: (line) => process.stderr.write(line) });
}

type SafeFields = readonly (readonly [string, string | number | boolean])[];

function safe(fields: LogFields): SafeFields {
  return Object.entries(fields).flatMap(([key, value]): SafeFields => {
    if (value === undefined) return [];
    if (typeof value !== "string") return [[key, value]];
    return [[key, TEXT_FIELDS.has(snakeCase(key)) ? cut(value) : `(${value.length} characters)`]];
  });
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function jsonLine(time: string, level: LogLevel, message: string, fields: SafeFields): string {
  return JSON.stringify({ time, level, message, ...Object.fromEntries(fields.map(renamed)) });
}

/** A field may not pass itself off as the line's own time, level or message. */
function renamed([key, value]: SafeFields[number]): SafeFields[number] {
  return key === "time" || key === "level" || key === "message" ? [`${key}_field`, value] : [key, value];
}

const COLOURS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

function prettyLine(time: string, level: LogLevel, message: string, fields: SafeFields): string {
  const rest = fields.map(([key, value]) => ` \x1b[90m${key}=\x1b[0m${printable(value)}`).join("");
  const label = `\x1b[${COLOURS[level]}m${level.padEnd(5)}\x1b[0m`;
  return `\x1b[90m${time.slice(11, 23)}\x1b[0m ${label} ${printable(message)}${rest}`;
}

function printable(value: string | number | boolean): string {
  // Replaced: what a terminal would obey instead of show.
  return String(value).replaceAll(/\p{C}/gu, "\u{fffd}");
}
