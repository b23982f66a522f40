import { parseArgs } from "node:util";
import { DataDirError, defaultDataDir, openDataDir } from "#adapters/system/data-dir.ts";
import type { Command } from "./command.ts";
import { importEvents, UnwritableJournal } from "./event-import.ts";
import { readStoredOptions, STORED_OPTIONS, STORED_USAGE } from "./event-options.ts";
import { EventsUnreadable, storedEvents } from "./stored-events.ts";

/** Characters gathered before they are written. */
const WRITE_CHARACTERS = 64 * 1024;
/** Refused lines that are named one by one. */
const NAMED_REFUSALS = 20;

/** Take stored events out of a hub, and put them into another. */
export const command: Command = {
  summary: "export stored events as NDJSON, and import them into a fresh hub",
  usage: `hearth events export [--type TYPES] [--satellite ID] [--turn ID] [--session ID] [--since SEQ]
                     [--url URL] [--token TOKEN] [--data DIR]  > events.ndjson
hearth events import [FILE] [--data DIR] [--check]             < events.ndjson

export writes stored events, one JSON object a line, oldest first.

  --type TYPES     only these types of event, separated by commas; * stands for any characters
  --satellite ID   only this satellite; likewise --turn and --session
  --since SEQ      only events with a greater number
${STORED_USAGE}

import puts them into the data directory of a hub that does not run (default: HEARTH_DATA, else
~/.local/share/hearth). Events keep their numbers, times and types; the hub goes on counting above them. A line that
is no stored event, or whose number does not rise above all before it, is refused and named; the others are kept.

  --check          say which lines would be refused, and change nothing`,
  async run(argv) {
    const [action, ...rest] = argv;
    try {
      if (action === "export") return await runExport(rest);
      if (action === "import") return await runImport(rest);
      return wrong('say "export" or "import".');
    } catch (error) {
      const known = [EventsUnreadable, UnwritableJournal, DataDirError];
      if (!known.some((kind) => error instanceof kind)) throw error;
      console.error(`hearth events: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  },
};

function wrong(problem: string): number {
  console.error(`hearth events: ${problem}\n\n${command.usage}`);
  return 2;
}

async function runExport(argv: readonly string[]): Promise<number> {
  let values: Parameters<typeof readStoredOptions>[0];
  try {
    ({ values } = parseArgs({ args: [...argv], options: STORED_OPTIONS }));
  } catch (cause) {
    return wrong(cause instanceof Error ? cause.message : String(cause));
  }
  const read = readStoredOptions(values);
  if (typeof read === "string") return wrong(read);
  const out = Bun.stdout.writer();
  let waiting = 0;
  for await (const text of storedEvents(read.place, read.filter, told)) {
    out.write(`${text}\n`);
    waiting += text.length;
    if (waiting < WRITE_CHARACTERS) continue;
    waiting = 0;
    await out.flush();
  }
  await out.end();
  return 0;
}

function told(reason: string): void {
  console.error(`hearth events: Events are missing before the first one written (${reason}).`);
}

async function runImport(argv: readonly string[]): Promise<number> {
  let options: { readonly file: string | undefined; readonly data: string; readonly check: boolean };
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { data: { type: "string" }, check: { type: "boolean", default: false } },
    });
    const [file, ...more] = positionals;
    if (more.length > 0) return wrong("name one file, or none to read standard input.");
    options = { file, data: values.data ?? defaultDataDir(process.env), check: values.check };
  } catch (cause) {
    return wrong(cause instanceof Error ? cause.message : String(cause));
  }
  const { file, data, check } = options;
  if (file !== undefined && file !== "-" && !(await Bun.file(file).exists())) {
    return wrong(`there is no file ${file}.`);
  }
  const stream = (file === undefined || file === "-" ? Bun.stdin : Bun.file(file)).stream();
  await using dataDir = await openDataDir(data);
  let named = 0;
  const result = await importEvents(stream, dataDir.join("events.sqlite"), check, ({ line, problem }) => {
    named += 1;
    if (named <= NAMED_REFUSALS) console.error(`line ${line}: ${problem}`);
  });
  const verb = check ? "would be imported" : "imported";
  console.error(`${result.imported} events ${verb}, ${result.refused} lines refused.`);
  return result.refused === 0 ? 0 : 1;
}
