import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "#testing/fake-clock.ts";
import { openJournal } from "./journal.ts";

const ROUNDS = 20;

/** What one run acknowledged before it was killed. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly durable: number;
}

/** Run the child on a database, kill it -9 after some acknowledgements, and return the last of them. */
async function runAndKill(path: string, acknowledgements: number): Promise<Run> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "crash-child.ts"), path], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  let killed = false;
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (!killed && text.split("\n").length > acknowledgements) {
      child.kill("SIGKILL");
      killed = true;
    }
  }
  await child.exited;
  const [first = 0, last = 0, durable = 0] = (text.split("\n").at(-2) ?? "").split(" ").map(Number);
  return { first, last, durable };
}

test(`${ROUNDS} times kill -9 under load loses no acknowledged event and repeats no number`, async () => {
  const path = join(mkdtempSync(join(tmpdir(), "hearth-crash-")), "events.db");
  const runs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await runAndKill(path, 1 + (round % 7)));

  await using journal = await openJournal({
    path,
    clock: new FakeClock(),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    retention: { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: 1e12 },
  });

  for (const [index, run] of runs.entries()) {
    // Numbers of this run start above everything the run before it may have used.
    expect(run.first).toBeGreaterThan(runs[index - 1]?.last ?? 0);
    const expected: number[] = [];
    for (let seq = run.first; seq <= run.durable; seq++) if ((seq - run.first) % 4 !== 3) expected.push(seq);
    const found: number[] = [];
    for (let after = run.first - 1; ; after = found.at(-1) ?? after) {
      const page = journal.readStored({ afterSeq: after, throughSeq: run.durable, limit: 10_000 });
      found.push(...page.map((event) => event.seq));
      if (page.length < 10_000) break;
    }
    expect(expected.length).toBeGreaterThan(0);
    expect(found).toEqual(expected);
  }
  expect(journal.reserveSeq()).toBeGreaterThan(runs.at(-1)?.last ?? 0);
}, 60_000);
