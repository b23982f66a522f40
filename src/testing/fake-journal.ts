import { eventMatcher } from "#events/event-filter.ts";
import type { HubEvent } from "#events/hub-event.ts";
import { eventText } from "#events/stamp.ts";
import {
  type Journal,
  type JournalHealth,
  type JournalPage,
  type JournalQuery,
  type JournalWaiting,
  READ_LIMIT,
  type StoredEvent,
} from "#ports/journal.ts";

/**
 * A journal in memory.
 *
 * Nothing is durable before `flush`, so that a test decides when the disk has what. `setHealth` plays a disk that
 * refuses: `flush` then rejects.
 */
export class FakeJournal implements Journal {
  readonly #durableHandlers = new Set<(seq: number) => void>();
  readonly #watchers = new Set<(health: JournalHealth) => void>();
  #events: HubEvent[] = [];
  #health: JournalHealth = { kind: "ok" };
  #lastSeq = 0;
  #durableSeq = 0;
  #lostThrough = 0;

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  reserveSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  append(event: HubEvent): void {
    this.#events.push(event);
  }

  oldestSeq(): number {
    return this.#events[0]?.seq ?? 0;
  }

  lostThrough(): number {
    return this.#lostThrough;
  }

  flush(): Promise<void> {
    if (this.#health.kind === "refused") {
      return Promise.reject(new Error(`the journal cannot write: ${this.#health.detail}`));
    }
    this.#durableSeq = this.#events.at(-1)?.seq ?? this.#durableSeq;
    for (const handler of [...this.#durableHandlers]) handler(this.#durableSeq);
    return Promise.resolve();
  }

  read(query: JournalQuery): HubEvent[] {
    return this.readStored(query).map((stored) => JSON.parse(stored.text) as HubEvent);
  }

  readStored(query: JournalQuery): StoredEvent[] {
    const { afterSeq = 0, throughSeq = Number.POSITIVE_INFINITY } = query;
    const { fromTime = Number.NEGATIVE_INFINITY, throughTime = Number.POSITIVE_INFINITY } = query;
    const limit = Math.max(0, Math.min(query.limit ?? READ_LIMIT.standard, READ_LIMIT.max));
    const found = this.#events
      .filter((event) => event.seq > afterSeq && event.seq <= throughSeq)
      .filter((event) => event.timestamp >= fromTime && event.timestamp <= throughTime)
      .filter(eventMatcher(query))
      .map((event) => ({ seq: event.seq, text: eventText(event) }));
    return query.take === "newest" ? found.slice(Math.max(0, found.length - limit)) : found.slice(0, limit);
  }

  readPage(query: JournalQuery, rows: number): JournalPage {
    const { afterSeq = 0, throughSeq = Number.MAX_SAFE_INTEGER, limit = READ_LIMIT.standard } = query;
    const inRange = this.#events.filter((event) => event.seq > afterSeq && event.seq <= throughSeq);
    const newest = query.take === "newest";
    const looked = newest ? inRange.slice(-rows) : inRange.slice(0, rows);
    const edge = (newest ? looked[0] : looked.at(-1))?.seq;
    if (edge === undefined) return { events: [], next: undefined };
    const events = this.readStored({ ...query, ...(newest ? { afterSeq: edge - 1 } : { throughSeq: edge }) });
    const last = newest ? events[0] : events.at(-1);
    if (last && events.length >= limit) return { events, next: newest ? last.seq - 1 : last.seq };
    if (looked.length === inRange.length) return { events, next: undefined };
    return { events, next: newest ? edge - 1 : edge };
  }

  waiting(): JournalWaiting {
    const waiting = this.#events.filter((event) => event.seq > this.#durableSeq);
    return { events: waiting.length, oldestTime: waiting[0]?.timestamp };
  }

  onDurable(signal: AbortSignal, handler: (seq: number) => void): void {
    if (signal.aborted) return;
    this.#durableHandlers.add(handler);
    signal.addEventListener("abort", () => this.#durableHandlers.delete(handler), { once: true });
  }

  watch(signal: AbortSignal, handler: (health: JournalHealth) => void): void {
    if (signal.aborted) return;
    this.#watchers.add(handler);
    signal.addEventListener("abort", () => this.#watchers.delete(handler), { once: true });
    if (this.#health.kind !== "ok") handler(this.#health);
  }

  /** Lose everything up to and including `seq`, as retention does. */
  prune(seq: number): void {
    this.#events = this.#events.filter((event) => event.seq > seq);
    this.#lostThrough = Math.max(this.#lostThrough, seq);
  }

  /** Play a change of health. */
  setHealth(health: JournalHealth): void {
    this.#health = health.kind === "recovered" ? { kind: "ok" } : health;
    for (const watcher of [...this.#watchers]) watcher(health);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#durableSeq = this.#events.at(-1)?.seq ?? this.#durableSeq;
    return Promise.resolve();
  }
}
