import { parseArgs } from "node:util";
import type { EventOf, HubEvent } from "#events/hub-event.ts";
import type { Command } from "./command.ts";
import { EventLines } from "./event-line.ts";
import { readStoredOptions, STORED_OPTIONS, STORED_USAGE } from "./event-options.ts";
import { painter } from "./event-paint.ts";
import { type EventPlace, EventsUnreadable, type StoredFilter, storedEvents } from "./stored-events.ts";
import { waterfall } from "./waterfall.ts";

/** Tell one turn again. */
export const command: Command = {
  summary: "tell a turn again: what was said, what was decided, and where the time went",
  usage: `hearth replay TURN|last [--satellite ID] [--json] [--url URL] [--token TOKEN] [--data DIR]

Prints what is stored of a turn, and its time as a waterfall whose segments sum to its measured latency. "last" is
the turn that ended last, with --satellite the last one there.

  --json           the turn's events, one JSON object a line
${STORED_USAGE}`,
  async run(argv) {
    const called = parsed(argv);
    if (typeof called === "string") {
      console.error(`hearth replay: ${called}\n\n${command.usage}`);
      return 2;
    }
    try {
      return await replay(called);
    } catch (error) {
      if (!(error instanceof EventsUnreadable)) throw error;
      console.error(`hearth replay: ${error.message}`);
      return 1;
    }
  },
};

interface Called {
  readonly turn: string;
  readonly place: EventPlace;
  readonly filter: StoredFilter;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): Called | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ...STORED_OPTIONS, json: { type: "boolean", default: false } },
    });
    const [turn, ...more] = positionals;
    if (turn === undefined || more.length > 0) return "name one turn, or last.";
    const read = readStoredOptions(values);
    return typeof read === "string" ? read : { ...read, turn, json: values.json };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function replay({ turn, place, filter, json }: Called): Promise<number> {
  const turnId = turn === "last" ? await lastTurn(place, filter) : turn;
  const events = turnId === undefined ? [] : await read(place, { ...filter, turnId });
  if (events.length === 0) {
    console.error(
      turnId === undefined
        ? "hearth replay: No turn is stored yet."
        : `hearth replay: Nothing is stored of a turn "${turnId}". "hearth tail --type turn_end --json" shows their names.`,
    );
    return 1;
  }
  if (json) {
    for (const event of events) console.log(JSON.stringify(event));
    return 0;
  }
  const paint = painter();
  const lines = new EventLines();
  console.log(`Turn ${turnId}`);
  for (const event of events) console.log(paint(lines.line(event)));
  const end = events.find((event): event is EventOf<"turn_end"> => event.type === "turn_end");
  if (!end) {
    console.error("hearth replay: This turn is not over, or its end is no longer stored.");
    return 1;
  }
  console.log("");
  for (const bar of waterfall(end.trace)) console.log(bar);
  return 0;
}

async function lastTurn(place: EventPlace, filter: StoredFilter): Promise<string | undefined> {
  const [end] = await read(place, { ...filter, types: ["turn_end"], newest: 1 });
  return end?.turn_id ?? undefined;
}

async function read(place: EventPlace, filter: StoredFilter): Promise<HubEvent[]> {
  const texts = await Array.fromAsync(storedEvents(place, filter, () => undefined));
  return texts.map((text) => JSON.parse(text) as HubEvent);
}
