import { createBus } from "#bus/bus.ts";
import type { SocketHandler } from "#ports/socket.ts";
import { createFeed, type FeedOptions } from "#transports/feed.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeJournal } from "./fake-journal.ts";
import { FakeSocket } from "./fake-socket.ts";

/** A clock that runs on by itself, `msPerLook` with every look at it. */
class LookingClock extends FakeClock {
  readonly #msPerLook: number;
  #looks = 0;

  constructor(msPerLook: number) {
    super();
    this.#msPerLook = msPerLook;
  }

  override now(): number {
    this.#looks += 1;
    return super.now() + this.#looks * this.#msPerLook;
  }
}

/** A feed over a bus and a fake journal, and readers that connect to it without a network. */
export function openFeed(
  access: FeedOptions["access"] = { mode: "open", tokens: [] },
  options: { readonly journal?: FakeJournal; readonly msPerLook?: number } = {},
) {
  const journal = options.journal ?? new FakeJournal();
  const clock = new LookingClock(options.msPerLook ?? 0);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const stop = new AbortController();
  const bus = createBus({ journal, clock, log, onInvalid: "throw" });
  const feed = createFeed({ bus, journal, clock, log, access, signal: stop.signal });

  function connect(path = "/events", headers: Record<string, string> = {}) {
    const url = new URL(path, "ws://hub.test");
    const decision = feed.endpoint.accept({ url, headers: new Headers(headers), remoteAddress: "192.0.2.7" });
    if (decision.kind !== "accept") throw new Error(`not accepted: ${JSON.stringify(decision)}`);
    const socket = new FakeSocket();
    const handler: SocketHandler = decision.open(socket);
    return { socket, handler, say: (message: object) => handler.text(JSON.stringify(message)) };
  }

  return { journal, clock, bus, feed, connect, stop: () => stop.abort() };
}
