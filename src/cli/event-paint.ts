import type { EventLine, Tone } from "./event-line.ts";

/** How lines are written to stdout: with colours on a terminal, unless NO_COLOR says otherwise. */
export function painter(): (line: EventLine) => string {
  const { NO_COLOR } = process.env;
  return process.stdout.isTTY && NO_COLOR === undefined ? painted : plain;
}

const COLOURS: Readonly<Record<Tone, string>> = {
  said: "36",
  answer: "32",
  note: "2",
  trouble: "31",
  plain: "0",
};

/** A line without colours. */
export function plain({ time, where, text }: EventLine): string {
  return `${time} ${where.padEnd(10)} ${text}`;
}

function painted({ time, where, text, tone }: EventLine): string {
  return `\x1b[2m${time}\x1b[0m \x1b[1m${where.padEnd(10)}\x1b[0m \x1b[${COLOURS[tone]}m${text}\x1b[0m`;
}
