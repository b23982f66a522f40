import type { EventDraft, EventOf, EventType, HubEvent } from "#events/hub-event.ts";
import { checkDraft, isDurable, stamp } from "#events/stamp.ts";
import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Journal, JournalHealth } from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";

/**
 * How long a subscriber may hold the hub's thread for one event. Everything on that thread shares one budget of
 * 20 ms a frame; a quarter of it in one handler is already a fault.
 */
const SLOW_MS = 5;

/** A subscriber's faults are logged at most this often; all of them are counted. */
const REPORT_EVERY_MS = 60_000;

export interface BusOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** `throw` in tests: an invalid draft is a bug. `report` in production: it is counted and said, and not sent. */
  readonly onInvalid: "throw" | "report";
}

/** What the bus has counted since it was made. */
export interface BusStats {
  readonly published: number;
  readonly invalid: number;
  /** Per subscriber that ever misbehaved, by its name. */
  readonly faults: Readonly<Record<string, { readonly threw: number; readonly slow: number }>>;
}

/** The hub's bus: the port, and what it has counted. */
export interface HubBus extends EventBus {
  stats(): BusStats;
}

/** Make the bus. It also publishes what the journal says of its health, and lives as long as the hub. */
export function createBus(options: BusOptions): HubBus {
  const bus = new Bus(options);
  options.journal.watch(new AbortController().signal, (health) => publishHealth(bus, health));
  return bus;
}

interface Subscriber {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly handler: (event: HubEvent) => unknown;
  reportedAt: number;
}

class Bus implements HubBus {
  readonly #options: BusOptions;
  /** Replaced, never changed in place, so that a delivery under way is not disturbed. */
  #forAll: readonly Subscriber[] = [];
  readonly #forType = new Map<EventType, readonly Subscriber[]>();
  readonly #faulty = new Map<string, { threw: number; slow: number }>();
  #waiting: HubEvent[] = [];
  #delivering = false;
  #published = 0;
  #invalid = 0;

  constructor(options: BusOptions) {
    this.#options = options;
  }

  publish<T extends EventType>(draft: EventDraft<T>): HubEvent {
    const check = checkDraft(draft);
    if (!check.ok) return this.#refuse(check.type, check.problem);
    const { journal, clock } = this.#options;
    const event = stamp(check.draft, journal.reserveSeq(), clock.wallMs() / 1000);
    this.#published += 1;
    if (isDurable(event.type)) journal.append(event);
    this.#waiting.push(event);
    // Called from a handler: the delivery under way takes it up when everybody has the event before.
    if (!this.#delivering) this.#deliver();
    return event;
  }

  on<T extends EventType>(
    type: T,
    options: { readonly name: string; readonly signal: AbortSignal },
    handler: (event: EventOf<T>) => void,
  ): void {
    if (options.signal.aborted) return;
    const subscriber = newSubscriber(options, (event) => handler(event as EventOf<T>));
    const others = () => this.#forType.get(type) ?? [];
    this.#forType.set(type, [...others(), subscriber]);
    const end = () => this.#forType.set(type, without(others(), subscriber));
    options.signal.addEventListener("abort", end, { once: true });
  }

  onAny(
    options: { readonly name: string; readonly signal: AbortSignal },
    handler: (event: HubEvent) => void,
  ): void {
    if (options.signal.aborted) return;
    const subscriber = newSubscriber(options, handler);
    this.#forAll = [...this.#forAll, subscriber];
    const end = () => {
      this.#forAll = without(this.#forAll, subscriber);
    };
    options.signal.addEventListener("abort", end, { once: true });
  }

  stats(): BusStats {
    return {
      published: this.#published,
      invalid: this.#invalid,
      faults: Object.fromEntries([...this.#faulty].map(([name, counts]) => [name, { ...counts }])),
    };
  }

  #refuse(type: string, problem: string): HubEvent {
    if (this.#options.onInvalid === "throw") throw new Error(`invalid ${type} event: ${problem}`);
    this.#invalid += 1;
    this.#options.log.error("an invalid event was not sent", { type, problem });
    return this.publish({
      type: "system_error",
      level: "error",
      message: "An invalid event was not sent.",
      details: { type, problem },
    });
  }

  #deliver(): void {
    this.#delivering = true;
    try {
      // Events published by handlers are added to the end while this runs.
      for (let i = 0; i < this.#waiting.length; i++) {
        const event = this.#waiting[i];
        if (event === undefined) continue;
        for (const subscriber of this.#forType.get(event.type) ?? []) this.#call(subscriber, event);
        for (const subscriber of this.#forAll) this.#call(subscriber, event);
      }
    } finally {
      this.#waiting = [];
      this.#delivering = false;
    }
  }

  #call(subscriber: Subscriber, event: HubEvent): void {
    if (subscriber.signal.aborted) return;
    const { clock } = this.#options;
    const startedAt = clock.now();
    try {
      const result = subscriber.handler(event);
      if (result instanceof Promise) {
        result.catch((error: unknown) => this.#blame(subscriber, event.type, { kind: "threw", error }));
      }
    } catch (error) {
      this.#blame(subscriber, event.type, { kind: "threw", error });
    }
    const tookMs = clock.now() - startedAt;
    if (tookMs > SLOW_MS) this.#blame(subscriber, event.type, { kind: "slow", tookMs });
  }

  #blame(
    subscriber: Subscriber,
    type: EventType,
    fault:
      | { readonly kind: "threw"; readonly error: unknown }
      | { readonly kind: "slow"; readonly tookMs: number },
  ): void {
    const { clock, log } = this.#options;
    const counts = this.#faulty.get(subscriber.name) ?? { threw: 0, slow: 0 };
    counts[fault.kind] += 1;
    this.#faulty.set(subscriber.name, counts);
    if (clock.now() - subscriber.reportedAt < REPORT_EVERY_MS) return;
    subscriber.reportedAt = clock.now();
    const fields = { subscriber: subscriber.name, type, ...counts };
    if (fault.kind === "slow")
      log.warn("a subscriber is slow", { ...fields, tookMs: Math.round(fault.tookMs) });
    else log.error("a subscriber threw", { ...fields, ...whereThrown(fault.error) });
  }
}

function newSubscriber(
  options: { readonly name: string; readonly signal: AbortSignal },
  handler: (event: HubEvent) => unknown,
): Subscriber {
  return { ...options, handler, reportedAt: Number.NEGATIVE_INFINITY };
}

function without(subscribers: readonly Subscriber[], one: Subscriber): readonly Subscriber[] {
  return subscribers.filter((other) => other !== one);
}

/** An error's kind and place. Its message stays out of the log: it may quote what was said. */
function whereThrown(error: unknown): { readonly error: string; readonly at: string } {
  if (!(error instanceof Error)) return { error: typeof error, at: "unknown" };
  const frame = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return { error: error.name, at: frame?.trim() ?? "unknown" };
}

function publishHealth(bus: EventBus, health: JournalHealth): void {
  switch (health.kind) {
    case "ok":
      return;
    case "refused":
      bus.publish({
        type: "system_error",
        level: "error",
        message: "The event journal cannot write to its disk. Events are kept in memory until it can.",
        details: { component: "journal", code: health.detail },
      });
      return;
    case "recovered":
      bus.publish({
        type: "system_info",
        data: { event: "journal_recovered", lost: health.lost },
      });
      return;
    case "replaced":
      bus.publish({
        type: "system_error",
        level: "critical",
        message: "The event journal was damaged. It was moved aside and a new one begun.",
        details: { component: "journal", moved_to: health.movedTo },
      });
      return;
  }
}
