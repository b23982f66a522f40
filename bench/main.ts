import { parseArgs } from "node:util";
import { type Bench, type Row, table, within } from "./row.ts";

/** Every bench, loaded only when it is run. */
const BENCHES: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  ingest: () => import("./ingest.ts"),
  "frame-age": () => import("./frame-age.ts"),
  "hub-latency": () => import("./hub-latency.ts"),
  "barge-in": () => import("./barge-in.ts"),
  "turn-time": () => import("./turn-time.ts"),
  "satellite-memory": () => import("./satellite-memory.ts"),
  journal: () => import("./journal.ts"),
  "fan-out": () => import("./fan-out.ts"),
  replay: () => import("./replay.ts"),
  "start-up": () => import("./start-up.ts"),
};

const USAGE = `scripts/bench [--json] [--rounds N] [NAME…]

Measures Hearth against the simplest thing that could do the same job, in turns in one run.
Names: ${Object.keys(BENCHES).join(", ")}. Without names, all of them.`;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: "boolean" }, rounds: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const rounds = Number(values.rounds ?? 5);
  const unknown = positionals.find((name) => !Object.hasOwn(BENCHES, name));
  if (values.help || unknown !== undefined || !Number.isSafeInteger(rounds) || rounds < 1) {
    console.error(unknown === undefined ? USAGE : `There is no bench "${unknown}".\n\n${USAGE}`);
    return values.help ? 0 : 2;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const rows: Row[] = [];
  for (const name of names) {
    const startedAt = performance.now();
    const loaded = await BENCHES[name]?.();
    if (loaded) rows.push(...(await loaded.bench.run({ rounds })));
    console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
  if (values.json)
    console.log(
      JSON.stringify(
        rows.map((row) => ({ ...row, within: within(row) ?? null })),
        null,
        2,
      ),
    );
  else console.log(`\n${table(rows)}`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
