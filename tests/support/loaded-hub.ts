/**
 * A hub's bus, journal and feed under load, to be killed: publishes some 2,000 stored events a second and as many live
 * ones, on the port and the data directory it is given. Every line on stdout is the seq up to which events are on
 * disk.
 */
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus } from "#bus/bus.ts";
import { journalThread } from "#journal-thread.ts";
import { createFeed } from "#transports/feed.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";

const EVERY_MS = 5;
const GROUP = 10;

const [path, port] = process.argv.slice(2);
if (path === undefined || port === undefined) throw new Error("usage: loaded-hub <database> <port>");
const log = { debug() {}, info() {}, warn() {}, error() {} };
const forever = new AbortController().signal;
const journal = await openJournal({
  path,
  clock: systemClock,
  log,
  retention: { maxAgeMs: 86_400_000, maxBytes: 1e10 },
  newWriter: journalThread,
});
journal.onDurable(forever, (seq) => void process.stdout.write(`${seq}\n`));
const bus = createBus({ journal, clock: systemClock, log, onInvalid: "throw" });
const feed = createFeed({
  bus,
  journal,
  clock: systemClock,
  log,
  access: { mode: "open", tokens: [] },
  signal: forever,
});
startServer({
  host: "127.0.0.1",
  port: Number(port),
  endpoints: [feed.endpoint],
  fetch: () => new Response("none", { status: 404 }),
  newMeter: (policy) => new PolicyMeter(policy, systemClock),
  clock: systemClock,
  log,
  allowedHosts: [],
  allowedOrigins: [],
});
setInterval(() => {
  for (let i = 0; i < GROUP; i++) {
    bus.publish({ type: "conversation_start", conversation_id: `${process.pid}-${journal.lastSeq}` });
    bus.publish({ type: "speech_start" });
  }
}, EVERY_MS);
