import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#adapters/system/system-clock.ts";
import type { HubEvent } from "#events/hub-event.ts";
import { checkDraft, stamp } from "#events/stamp.ts";
import type { JournalHealth } from "#ports/journal.ts";
import { openJournal } from "./journal.ts";

/**
 * Fills the small disk it is given, makes room again, and tells as JSON what the journal did, for full-disk.test.ts.
 */
const disk = process.argv[2];
if (disk === undefined) throw new Error("usage: full-disk-child <directory>");

const ballast = join(disk, "ballast");
writeFileSync(ballast, new Uint8Array(400_000));
const journal = await openJournal({
  path: join(disk, "events.db"),
  clock: systemClock,
  log: { debug() {}, info() {}, warn() {}, error() {} },
  retention: { maxAgeMs: 86_400_000, maxBytes: 1e9 },
});
const told: JournalHealth[] = [];
const recovered = Promise.withResolvers<void>();
journal.watch(new AbortController().signal, (health) => {
  told.push(health);
  if (health.kind === "recovered") recovered.resolve();
});

const events: HubEvent[] = [];
let full = false;
while (!full && events.length < 10_000) {
  const check = checkDraft({ type: "conversation_start", conversation_id: "c".repeat(500) });
  if (!check.ok) throw new Error(check.problem);
  const event = stamp(check.draft, journal.reserveSeq(), systemClock.wallMs() / 1000);
  events.push(event);
  journal.append(event);
  if (events.length % 50 === 0) {
    full = await journal.flush().then(
      () => false,
      () => true,
    );
  }
}
// The numbers stay safe on a full disk: a reservation overwrites its file in place.
for (let i = 0; i < 1500; i++) journal.reserveSeq();
const whileFull = journal.read({ limit: 10_000 });
rmSync(ballast);
await recovered.promise;
await journal.flush();

const kept = journal.read({ limit: 10_000 });
process.stdout.write(
  JSON.stringify({
    told,
    full,
    readableWhileFull: Bun.deepEquals(whileFull, events),
    keptAfterwards: Bun.deepEquals(kept, events),
    durable: journal.durableSeq === events.at(-1)?.seq,
  }),
);
await journal[Symbol.asyncDispose]();
