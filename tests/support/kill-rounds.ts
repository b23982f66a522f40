import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { readFeed } from "#cli/feed-reader.ts";
import { isDurable } from "#events/stamp.ts";

/** What came of killing a hub again and again. Every list of violations must be empty. */
export interface KillReport {
  readonly rounds: number;
  /** Stored events at the end. */
  readonly stored: number;
  /** Stored events that were acknowledged to be on disk before a kill. */
  readonly acknowledged: number;
  /** Per client, how many stored events it read. */
  readonly read: readonly number[];
  readonly violations: readonly string[];
}

const CLIENTS = 3;
/** A hub is killed between these after it began to acknowledge. */
const ALIVE_MS = { least: 120, most: 420 };

/** What one client saw, by seq. */
interface Client {
  readonly seen: Map<number, string>;
  readonly problems: string[];
}

/**
 * Run a hub under load and kill -9 it, `rounds` times on the same data, while three clients read and resume.
 *
 * Every number may stand for one event only, everything acknowledged must be stored, and every client must have read
 * exactly what is stored, in order and once.
 */
export async function killRounds(rounds: number): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), "hearth-kill-"));
  const path = join(folder, "events.sqlite");
  const port = freePort();
  const stop = new AbortController();
  const clients: Client[] = [];
  const reading: Promise<unknown>[] = [];
  const acknowledged: number[] = [];
  const violations: string[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const isLast = round === rounds - 1;
      const hub = await startLoaded(path, port);
      if (round === 0) {
        for (let i = 0; i < CLIENTS; i++) {
          const client: Client = { seen: new Map(), problems: [] };
          clients.push(client);
          reading.push(follow(client, port, stop.signal));
        }
      }
      await Bun.sleep(ALIVE_MS.least + Math.random() * (ALIVE_MS.most - ALIVE_MS.least));
      if (isLast) {
        // The last load stays until every client has caught up with it.
        const target = hub.acknowledged();
        while (!clients.every(({ seen }) => [...seen.keys()].some((seq) => seq >= target)))
          await Bun.sleep(20);
      }
      acknowledged.push(await hub.kill());
    }
    stop.abort();
    await Promise.all(reading);
    return { rounds, ...(await judged(path, clients, acknowledged, violations)), violations };
  } finally {
    stop.abort();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startLoaded(path: string, port: number) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "loaded-hub.ts"), path, `${port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const begun = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const bytes of child.stdout) {
      text += new TextDecoder().decode(bytes);
      begun.resolve();
    }
    begun.reject(new Error("the hub ended by itself"));
  })();
  await begun.promise;
  const acknowledged = () => Number(text.slice(0, text.lastIndexOf("\n")).split("\n").at(-1));
  return {
    acknowledged,
    /** Resolves with the last acknowledgement that came out. */
    async kill(): Promise<number> {
      child.kill("SIGKILL");
      await child.exited;
      await reading;
      return acknowledged();
    },
  };
}

function follow({ seen, problems }: Client, port: number, signal: AbortSignal): Promise<unknown> {
  let last = 0;
  return readFeed({
    url: new URL(`ws://127.0.0.1:${port}/events?ephemeral=0`),
    token: undefined,
    since: 0,
    clock: systemClock,
    signal,
    onEvent(event) {
      if (!isDurable(event.type)) problems.push(`${event.type} was sent, which is live only`);
      if (event.seq <= last) problems.push(`${event.seq} came after ${last}`);
      last = event.seq;
      seen.set(event.seq, JSON.stringify(event));
    },
    onNote(note) {
      if (note.kind === "gap" || note.kind === "refused") problems.push(JSON.stringify(note));
    },
  });
}

async function judged(
  path: string,
  clients: readonly Client[],
  acknowledged: readonly number[],
  violations: string[],
): Promise<Pick<KillReport, "stored" | "acknowledged" | "read">> {
  await using journal = await openJournal({
    path,
    clock: systemClock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    retention: { maxAgeMs: 1e15, maxBytes: 1e15 },
  });
  const stored = new Map<number, string>();
  for (let next: number | undefined = 0; next !== undefined; ) {
    const page = journal.readPage({ afterSeq: next, limit: 10_000 }, 10_000);
    for (const { seq, text } of page.events) stored.set(seq, text);
    next = page.next;
  }
  for (const seq of acknowledged)
    if (!stored.has(seq)) violations.push(`${seq} was acknowledged and is gone`);
  for (const [index, { seen, problems }] of clients.entries()) {
    violations.push(...problems.map((problem) => `client ${index}: ${problem}`));
    const through = Math.max(...seen.keys());
    for (const [seq, text] of stored) {
      if (seq <= through && seen.get(seq) !== text)
        violations.push(`client ${index}: ${seq} ${seen.has(seq) ? "was another event" : "was never read"}`);
    }
  }
  const texts = new Map<number, string>();
  for (const [seq, text] of clients.flatMap(({ seen }) => [...seen])) {
    if ((texts.get(seq) ?? text) !== text) violations.push(`${seq} stood for two events`);
    texts.set(seq, text);
  }
  const lastAcknowledged = Math.max(...acknowledged);
  return {
    stored: stored.size,
    acknowledged: [...stored.keys()].filter((seq) => seq <= lastAcknowledged).length,
    read: clients.map(({ seen }) => seen.size),
  };
}

function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = probe;
  probe.stop(true);
  return port;
}
