import { systemClock } from "#adapters/system/system-clock.ts";
import { checkDraft, stamp } from "#events/stamp.ts";
import { openJournal } from "./journal.ts";

/**
 * Writes events as fast as it can until it is killed, for crash.test.ts. Every line on stdout acknowledges what is
 * on disk: `<first reserved> <last reserved> <durable seq>`.
 */
const path = process.argv[2];
if (path === undefined) throw new Error("usage: crash-child <database>");

const log = { debug() {}, info() {}, warn() {}, error() {} };
const journal = await openJournal({
  path,
  clock: systemClock,
  log,
  retention: { maxAgeMs: 86_400_000, maxBytes: 1e9 },
});
const first = journal.lastSeq + 1;
for (;;) {
  for (let i = 0; i < 40; i++) {
    const seq = journal.reserveSeq();
    if (i % 4 === 3) continue; // an ephemeral event: a number that is never stored
    const check = checkDraft({ type: "conversation_start", conversation_id: `c${seq}` });
    if (check.ok) journal.append(stamp(check.draft, seq, systemClock.wallMs() / 1000));
  }
  await journal.flush();
  process.stdout.write(`${first} ${journal.lastSeq} ${journal.durableSeq}\n`);
}
