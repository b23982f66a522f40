import { parseArgs } from "node:util";
import type { Broker } from "#adapters/mqtt/connection.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { type EventFilter, eventMatcher } from "#events/event-filter.ts";
import { CATALOGUE, type HubEvent } from "#events/hub-event.ts";
import type { Command } from "./command.ts";
import { EventLines } from "./event-line.ts";
import { painter, plain } from "./event-paint.ts";
import { type FeedReaderNote, readFeed } from "./feed-reader.ts";
import { brokerOf, followAllHubs } from "./tail-site.ts";

const DEFAULT_URL = "ws://127.0.0.1:8765/events";

/** What is shown when nothing was asked for: everything stored, and what is said aloud. */
const STORY: readonly string[] = Object.entries(CATALOGUE)
  .filter(([type, { priority }]) => priority === "high" || type === "tts_start")
  .map(([type]) => type);

/** Follow what happens in a running hub. */
export const command: Command = {
  summary: "follow what happens in a running hub",
  usage: `hearth tail [--type TYPES] [--satellite ID] [--turn ID] [--session ID] [--since SEQ]
            [--level LEVEL] [--grep TEXT] [--all] [--json] [--url URL] [--token TOKEN]
hearth tail --all-hubs [--broker URL] [the same filters, but --since and --all]

  --type TYPES     only these types of event, separated by commas; * stands for any characters: stt_*,turn_end
  --satellite ID   only this satellite; likewise --turn and --session
  --since SEQ      begin after the event with this number; 0 begins with the oldest that is kept
  --level LEVEL    only messages at least this grave: info, warning, error or critical
  --grep TEXT      only lines in which the regular expression TEXT matches, whatever the case
  --all            also what happens many times a second
  --json           one JSON object a line, exactly as the hub sent it
  --url URL        the hub's feed (default: HEARTH_EVENTS_URL, else ${DEFAULT_URL})
  --token TOKEN    the token to show (default: HEARTH_TOKEN)
  --all-hubs       follow every hub of the site that bridges to a broker (events.bridge in hearth.yaml)
  --broker URL     that broker: mqtt://name:password@host (default: HEARTH_BROKER, which other users cannot see)

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

/** How grave a message can be, least first. */
const LEVELS: readonly string[] = ["info", "warning", "error", "critical"];

interface Called {
  /** The site's broker; undefined follows one hub. */
  readonly broker: Broker | undefined;
  readonly filter: EventFilter;
  readonly url: URL;
  readonly token: string | undefined;
  readonly since: number | undefined;
  /** The least of `LEVELS` to show, as its place in the list. */
  readonly level: number | undefined;
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
        level: { type: "string" },
        grep: { type: "string" },
        all: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        url: { type: "string" },
        token: { type: "string" },
        "all-hubs": { type: "boolean", default: false },
        broker: { type: "string" },
      },
    });
    const { HEARTH_EVENTS_URL, HEARTH_TOKEN, HEARTH_BROKER } = process.env;
    const broker = values["all-hubs"] ? brokerOf(values.broker ?? HEARTH_BROKER) : undefined;
    if (typeof broker === "string") return broker;
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
    const level = values.level === undefined ? undefined : LEVELS.indexOf(values.level);
    if (level === -1) return `--level takes ${LEVELS.join(", ")}.`;
    return {
      broker,
      filter: {
        types: types.flatMap((list) => list.split(",")),
        ...(values.satellite !== undefined && { satelliteId: values.satellite }),
        ...(values.turn !== undefined && { turnId: values.turn }),
        ...(values.session !== undefined && { sessionId: values.session }),
      },
      url,
      level,
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
  const paint = painter();
  const lines = new EventLines();
  const refused: string[] = [];

  const onEvent = (event: HubEvent, hub?: string) => {
    const told = lines.line(event, hub);
    const line = hub === undefined ? told : { ...told, where: `${hub} ${told.where}` };
    const text = called.json ? JSON.stringify(hub === undefined ? event : { hub, ...event }) : plain(line);
    if (called.level !== undefined && levelOf(event) < called.level) return;
    if (called.grep && !called.grep.test(text)) return;
    process.stdout.write(`${called.json ? text : paint(line)}\n`);
  };
  const onNote = (note: FeedReaderNote) => {
    console.error(`hearth tail: ${noteText(note)}`);
    if (note.kind !== "refused") return;
    refused.push(note.message);
    stop.abort();
  };
  if (called.broker) {
    const wants = eventMatcher(called.filter);
    return await followAllHubs(called.broker, stop.signal, (event, hub) => {
      if (wants(event)) onEvent(event, hub);
    });
  }
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

/** How grave an event is; -1 for those that are no message. */
function levelOf(event: HubEvent): number {
  return "level" in event ? LEVELS.indexOf(event.level) : -1;
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
