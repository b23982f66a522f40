import { Database } from "bun:sqlite";
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus, type HubBus } from "#bus/bus.ts";
import { eventText } from "#events/stamp.ts";
import type { Journal } from "#ports/journal.ts";
import { createFeed } from "#transports/feed.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";
import { answerBench } from "./child.ts";
import { sampleEvent } from "./sample-events.ts";

/** Where the feed and its baseline listen. */
export interface FeedPorts {
  readonly feed: number;
  readonly bare: number;
}

/** How many events to publish, in how large groups; a group every 10 ms. */
export interface Publication {
  readonly events: number;
  readonly group: number;
}

const GROUP_EVERY_MS = 10;
const log = { debug() {}, info() {}, warn() {}, error() {} };
let bus: HubBus | undefined;
let journal: Journal | undefined;
let bare: Bun.Server<undefined> | undefined;
let worstStallMs = 0;

async function open({ path }: { path: string }): Promise<FeedPorts> {
  journal = await openJournal({
    path,
    clock: systemClock,
    log,
    retention: { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
  });
  bus = createBus({ journal, clock: systemClock, log, onInvalid: "throw" });
  const { signal } = new AbortController();
  const access = { mode: "open", tokens: [] } as const;
  const feed = createFeed({ bus, journal, clock: systemClock, log, access, signal });
  const server = startServer({
    host: "127.0.0.1",
    port: 0,
    endpoints: [feed.endpoint],
    fetch: () => new Response("no", { status: 404 }),
    newMeter: (policy) => new PolicyMeter(policy, systemClock),
    allowedHosts: [],
    allowedOrigins: [],
    clock: systemClock,
    log,
  });
  bare = bareServer(path);
  return { feed: server.port, bare: bare.port ?? 0 };
}

/** Fan-out by topic, and replay of whatever a bare SELECT gives, each event a message, in one cork. */
function bareServer(path: string): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no")),
    websocket: {
      backpressureLimit: 64 * 1024 * 1024,
      open(socket) {
        socket.subscribe("events");
      },
      message(socket) {
        const db = new Database(path, { readonly: true });
        const rows = db.query<{ body: string }, []>("SELECT body FROM events ORDER BY seq LIMIT 10000").all();
        socket.cork(() => {
          for (const { body } of rows) socket.send(body);
          socket.send('{"type":"live"}');
        });
        db.close();
      },
    },
  });
}

async function inGroups({ events, group }: Publication, publish: (index: number) => void): Promise<void> {
  const startedAt = performance.now();
  for (let at = 0, groups = 0; at < events; groups++) {
    await Bun.sleep(Math.max(0, startedAt + groups * GROUP_EVERY_MS - performance.now()));
    for (const until = Math.min(events, at + group); at < until; at++) publish(at);
  }
}

/** The longest that the event loop was held, looked at every millisecond. */
function watchStalls(): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    worstStallMs = Math.max(worstStallMs, now - last - 1);
    last = now;
  }, 1);
}

answerBench({
  open,
  publish: (given: Publication) => inGroups(given, (index) => void bus?.publish(sampleEvent(index))),
  publishBare(given: Publication) {
    const text = eventText(bus?.publish(sampleEvent(0)) ?? never());
    return inGroups(given, () => void bare?.publish("events", text));
  },
  async fill({ events }: { events: number }) {
    for (let i = 0; i < events; i++) {
      bus?.publish(sampleEvent(i));
      if (i % 500 === 499) await journal?.flush();
    }
    await journal?.flush();
  },
  watchStalls,
  worstStallMs() {
    const worst = worstStallMs;
    worstStallMs = 0;
    return worst;
  },
});

function never(): never {
  throw new Error("the bus was not opened");
}
