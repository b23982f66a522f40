import { parseArgs } from "node:util";
import { systemClock } from "#adapters/system/system-clock.ts";
import { CATALOGUE, type HubEvent } from "#events/hub-event.ts";
import type { Command } from "./command.ts";
import { type EventLine, EventLines, type Tone } from "./event-line.ts";
import { type FeedReaderNote, readFeed } from "./feed-reader.ts";

const DEFAULT_URL = "ws://127.0.0.1:8765/events";

/** What is shown when nothing was asked for: everything stored, and what is said aloud. */
const STORY: readonly string[] = Object.entries(CATALOGUE)
  .filter(([type, { priority }]) => priority === "high" || type === "tts_start")
  .map(([type]) => type);

/** Follow what happens in a running hub. */
export const command: Command = {
  summary: "follow what happens in a running hub",
  usage: `hearth tail [--type TYPES] [--satellite ID] [--turn ID] [--session ID] [--since SEQ]
            [--grep TEXT] [--all] [--json] [--url URL] [--token TOKEN]

  --type TYPES     only these types of event, separated by commas; * stands for any characters: stt_*,turn_end
  --satellite ID   only this satellite; likewise --turn and --session
  --since SEQ      begin after the event with this number; 0 begins with the oldest that is kept
  --grep TEXT      only lines in which the regular expression TEXT matches, whatever the case
  --all            also what happens many times a second
  --json           one JSON object a line, exactly as the hub sent it
  --url URL        the hub's feed (default: HEARTH_EVENTS_URL, else ${DEFAULT_URL})
  --token TOKEN    the token to show (default: HEARTH_TOKEN)

Ends with Ctrl-C. When the hub goes away, it waits and goes on where it stopped.`,
  async run(argv) {
    const called = parsed(argv);
    if (typeof called === "string") {
      console.error(`hearth tail: ${called}\n\n${command.usage}`);
      return 2;
    }
    return await follow(called);
  },
};

interface Called {
  readonly url: URL;
  readonly token: string | undefined;
  readonly since: number | undefined;
  readonly grep: RegExp | undefined;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): Called | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        type: { type: "string", multiple: true },
        satellite: { type: "string" },
        turn: { type: "string" },
        session: { type: "string" },
        since: { type: "string" },
        grep: { type: "string" },
        all: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        url: { type: "string" },
        token: { type: "string" },
      },
    });
    const { HEARTH_EVENTS_URL, HEARTH_TOKEN } = process.env;
    const url = new URL((values.url ?? HEARTH_EVENTS_URL ?? DEFAULT_URL).replace(/^http/, "ws"));
    if (!/^wss?:$/.test(url.protocol))
      return `"${url.protocol}" is no WebSocket address; write ws:// or wss://.`;
    const types = values.type ?? (values.all ? [] : STORY);
    if (types.length > 0) url.searchParams.set("types", types.join(","));
    for (const name of ["satellite", "turn", "session"] as const) {
      if (values[name] !== undefined) url.searchParams.set(name, values[name]);
    }
    if (values.since !== undefined && !/^\d{1,15}$/.test(values.since)) {
      return "--since takes the number of an event.";
    }
    return {
      url,
      token: values.token ?? HEARTH_TOKEN,
      since: values.since === undefined ? undefined : Number(values.since),
      grep: values.grep === undefined ? undefined : new RegExp(values.grep, "iu"),
      json: values.json,
    };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function follow(called: Called): Promise<number> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  // The reader of the pipe has what it wanted.
  process.stdout.on("error", () => stop.abort());
  const { NO_COLOR } = process.env;
  const paint = process.stdout.isTTY && NO_COLOR === undefined ? painted : plain;
  const lines = new EventLines();
  const refused: string[] = [];

  const onEvent = (event: HubEvent) => {
    const line = lines.line(event);
    const text = called.json ? JSON.stringify(event) : plain(line);
    if (called.grep && !called.grep.test(text)) return;
    process.stdout.write(`${called.json ? text : paint(line)}\n`);
  };
  const onNote = (note: FeedReaderNote) => {
    console.error(`hearth tail: ${noteText(note)}`);
    if (note.kind !== "refused") return;
    refused.push(note.message);
    stop.abort();
  };
  const { url, token, since } = called;
  const end = await readFeed({ url, token, since, clock: systemClock, signal: stop.signal, onEvent, onNote });
  if (end === "unreachable") {
    console.error(
      `hearth tail: No hub answers at ${url.origin}${url.pathname}. Start it with "hearth serve", or give its address with --url.`,
    );
  }
  if (end === "unauthorised") {
    console.error("hearth tail: The hub wants a token that may read events. Give it with --token.");
  }
  return end === "stopped" && refused.length === 0 ? 0 : 1;
}

function noteText(note: FeedReaderNote): string {
  switch (note.kind) {
    case "lost":
      return `The hub is gone (${note.code}). Waiting for it …`;
    case "resumed":
      return "The hub is back.";
    case "gap":
      return `Some events are missing (${note.reason}).`;
    case "refused":
      return note.message;
  }
}

const COLOURS: Readonly<Record<Tone, string>> = {
  said: "36",
  answer: "32",
  note: "2",
  trouble: "31",
  plain: "0",
};

function plain({ time, where, text }: EventLine): string {
  return `${time} ${where.padEnd(10)} ${text}`;
}

function painted({ time, where, text, tone }: EventLine): string {
  return `\x1b[2m${time}\x1b[0m \x1b[1m${where.padEnd(10)}\x1b[0m \x1b[${COLOURS[tone]}m${text}\x1b[0m`;
}
