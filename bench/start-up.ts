import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus } from "#bus/bus.ts";
import type { Ready } from "./empty-server.ts";
import type { Bench, Row } from "./row.ts";
import { sampleEvent } from "./sample-events.ts";
import { median, ratio } from "./statistics.ts";

const ROOT = join(import.meta.dir, "..");
const JOURNAL_BYTES = 100 * 1024 * 1024;
/** How long a hub is left alone before its memory is looked at. */
const IDLE_MS = 1500;
const MB = 1024 * 1024;
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** From the start of the process to its ready line, and what it then holds; from source, and as the executable. */
export const bench: Bench = {
  name: "start-up",
  async run({ rounds }) {
    const folder = mkdtempSync(join(tmpdir(), "hearth-bench-"));
    try {
      const config = join(folder, "hearth.yaml");
      writeFileSync(config, "engines: { hearing: none, stt: [], tts: [] }\nlog: { level: error }\n");
      const full = join(folder, "full");
      await fillJournal(join(full, "events.sqlite"));
      const serve = (data: string) => ["serve", "--data", data, "--config", config, "--port", "0", "--json"];

      const bun = process.execPath;
      const sources = [bun, join(ROOT, "src/main.ts")];
      const rows = await measured(rounds, "from source", {
        bare: [bun, join(import.meta.dir, "empty-server.ts")],
        empty: [...sources, ...serve(join(folder, "empty"))],
        full: [...sources, ...serve(full)],
      });
      const executable = join(ROOT, "dist", `hearth-linux-${process.arch}`);
      if (!existsSync(executable)) {
        console.error(
          `start-up: ${executable} is not there; "scripts/build" makes it. Measured from source only.`,
        );
        return rows;
      }
      const bare = join(folder, "bare");
      await compileEmpty(bare);
      const compiled = await measured(rounds, "compiled", {
        bare: [bare],
        empty: [executable, ...serve(join(folder, "empty"))],
        full: [executable, ...serve(full)],
      });
      return [...rows, ...compiled];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

type Commands = Readonly<Record<"bare" | "empty" | "full", readonly string[]>>;

async function measured(rounds: number, how: "from source" | "compiled", commands: Commands): Promise<Row[]> {
  const started: Record<keyof Commands, Started[]> = { bare: [], empty: [], full: [] };
  for (let i = 0; i <= rounds; i++) {
    for (const kind of ["bare", "empty", "full"] as const) {
      // The memory of one round is enough; it hardly varies.
      const result = await start(commands[kind], i === rounds ? IDLE_MS : 0);
      if (i > 0) started[kind].push(result); // the first fills the page cache
    }
  }
  const ms = (kind: keyof Commands) => started[kind].map(({ readyMs }) => readyMs);
  const row = (kind: "empty" | "full", what: string): Row => ({
    bench: "start-up",
    what: `${what}, ${how}`,
    unit: "ms",
    measured: median(ms(kind)),
    baseline: median(ms("bare")),
    ratio: ratio(ms(kind), ms("bare")),
  });
  const rss = (kind: keyof Commands) => (started[kind].at(-1)?.rssBytes ?? Number.NaN) / MB;
  const isCompiled = how === "compiled";
  return [
    row("empty", "empty data directory"),
    {
      ...row("full", "journal of 100 MB"),
      ...(isCompiled && { budget: { of: "measured", kind: "at most", limit: 75 } }),
    },
    {
      bench: "start-up",
      what: `idle memory without engines, ${how}`,
      unit: "MB",
      measured: rss("full"),
      baseline: rss("bare"),
      ratio: rss("full") / rss("bare"),
      budget: { of: "measured", kind: "at most", limit: 90 },
      note: `RSS of the hub's own process ${IDLE_MS / 1000} s after a start on the journal of 100 MB`,
    },
  ];
}

interface Started {
  readonly readyMs: number;
  readonly rssBytes: number;
}

/** Start a program, wait for its first line, look at it `idleMs` later, and end it in order. */
async function start(command: readonly string[], idleMs: number): Promise<Started> {
  const startedAt = performance.now();
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "inherit"] });
  const { value } = await child.stdout.getReader().read();
  const readyMs = performance.now() - startedAt;
  const { ready } = JSON.parse(new TextDecoder().decode(value) || "{}") as Partial<Ready>;
  if (!ready) throw new Error(`${command.join(" ")} is not ready`);
  if (idleMs > 0) await Bun.sleep(idleMs);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  child.kill("SIGTERM");
  await child.exited;
  return { readyMs, rssBytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024 };
}

async function compileEmpty(path: string): Promise<void> {
  const source = join(import.meta.dir, "empty-server.ts");
  const build = Bun.spawn([process.execPath, "build", "--compile", "--minify", source, "--outfile", path], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if ((await build.exited) !== 0) throw new Error("the empty executable could not be compiled");
}

/** A journal as a busy home's after months. */
async function fillJournal(path: string): Promise<void> {
  const retention = { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
  const journal = await openJournal({ path, clock: systemClock, log, retention });
  const bus = createBus({ journal, clock: systemClock, log, onInvalid: "throw" });
  for (let i = 0; i % 5000 !== 0 || i === 0 || statSync(path).size < JOURNAL_BYTES; i++) {
    bus.publish(sampleEvent(i));
    if (i % 500 === 499) await journal.flush();
  }
  journal.read({ text: "fox", limit: 1 }); // brings the text index up to date, as the background does
  await journal[Symbol.asyncDispose]();
}
