import type { Clock } from "#ports/clock.ts";
import type { Journal, JournalQuery, StoredEvent } from "#ports/journal.ts";
import type { SendOutcome } from "#ports/satellite.ts";
import type { LiveReader, SharedSends } from "./feed-broadcast.ts";
import { type FeedItem, FeedQueue, QUEUE } from "./feed-queue.ts";
import { ALL_TYPES, type FeedFilter, type FeedRequest } from "./feed-request.ts";
import type { FeedSink } from "./feed-sink.ts";
import type { Turns } from "./turns.ts";

/** Stored events looked at and read at a time, and the text in one frame: each takes about a millisecond. */
const PAGE = { rows: 2000, events: 250, characters: 128 * 1024 };
/** How long a replay may go on before it leaves the thread to others. */
const STEP_MS = 4;

export interface FeedSubscriberDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Shared by all subscribers. */
  readonly turns: Turns;
}

/** What is said at the end of a replay. */
type Announcement = "live" | "nothing";

type Phase =
  /** Stored events are being sent; live ones stay in the journal until then. */
  | { readonly kind: "replaying"; readonly afterSeq: number; readonly announce: Announcement }
  /** Where to begin is being found out: the newest wanted events are looked for, back from the end. */
  | { readonly kind: "looking-back" }
  | { readonly kind: "live" }
  /** Nothing is wanted, or the subscriber is gone. */
  | { readonly kind: "silent" };

/**
 * One subscriber: first what is stored, then what happens, in order and without a gap.
 *
 * While it catches up, live events are not queued: the durable ones are in the journal and are read from there, so
 * live never overtakes replay, however long that takes. Afterwards events wait in a bounded queue for a slow
 * reader; live-only ones are given up first and counted, then the subscriber is sent away to resume.
 */
export class FeedSubscriber implements LiveReader {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #sink: FeedSink;
  #filter: FeedFilter | undefined;
  /** Most readers do. */
  #wantsAll = false;
  #query: JournalQuery = {};
  #phase: Phase = { kind: "silent" };
  /** Live events up to here have been replayed, or are not wanted. */
  #liveAfter = 0;
  readonly #queue = new FeedQueue();
  #congested = false;
  #lastSeq = 0;
  /** Ends the pause between two pages of a replay. */
  #replay = new AbortController();

  constructor(deps: FeedSubscriberDeps, sink: FeedSink) {
    this.#journal = deps.journal;
    this.#clock = deps.clock;
    this.#turns = deps.turns;
    this.#sink = sink;
  }

  /** What is wanted now; undefined when nothing is. */
  get filter(): FeedFilter | undefined {
    return this.#filter;
  }

  /** Begin, or begin again with another filter. */
  subscribe(request: FeedRequest): void {
    this.unsubscribe();
    const { filter, start } = request;
    const { sessionId, satelliteId, turnId } = filter;
    const narrowed = filter.types.size < ALL_TYPES.length;
    this.#filter = filter;
    this.#wantsAll = !narrowed && filter.ephemeral && (sessionId ?? satelliteId ?? turnId) === undefined;
    this.#query = {
      ...(narrowed && { types: [...filter.types] }),
      ...(sessionId !== undefined && { sessionId }),
      ...(satelliteId !== undefined && { satelliteId }),
      ...(turnId !== undefined && { turnId }),
    };
    this.#replay = new AbortController();
    this.#phase = { kind: "looking-back" };
    switch (start.kind) {
      case "since":
        this.#resume(start.seq, start.limit);
        return;
      case "recent":
        this.#lookBack({ afterSeq: 0, limit: start.limit }, (events, through) => {
          this.#sendRecent(events);
          // What was stored while older events were looked for.
          if (this.#journal.lastSeq > through) this.#replayAfter(through, "nothing");
          else this.#goLive();
        });
        return;
      case "now":
        this.#goLive();
        return;
    }
  }

  /** Want nothing more. */
  unsubscribe(): void {
    this.#replay.abort();
    this.#filter = undefined;
    this.#phase = { kind: "silent" };
    this.#queue.clear();
  }

  sharing(items: readonly FeedItem[]): SharedSends | undefined {
    const { shared } = this.#sink;
    const [first] = items;
    if (!shared || !first || !this.#wantsAll || this.#congested) return undefined;
    if (this.#phase.kind !== "live" || first.seq <= this.#liveAfter) return undefined;
    if (shared.ready()) return shared;
    this.#congested = true;
    return undefined;
  }

  wasSent(items: readonly FeedItem[]): void {
    this.#lastSeq = items.at(-1)?.seq ?? this.#lastSeq;
    this.#sink.wasSent?.(items);
  }

  /** Send those of some live events that are wanted; what the reader is too slow for waits in the queue. */
  deliver(items: readonly FeedItem[]): void {
    if (this.#phase.kind !== "live") return;
    const [only] = items;
    // One event needs no cork, which costs as much as the write.
    if (items.length === 1 && only) this.#deliverOne(only);
    else {
      this.#sink.cork(() => {
        for (const item of items) this.#deliverOne(item);
      });
    }
  }

  /** The reader has caught up with what was sent. */
  drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    if (this.#phase.kind === "replaying") this.#sendPages();
    else if (!this.#queue.isEmpty) this.#sink.cork(() => this.#sendQueued());
  }

  #deliverOne(item: FeedItem): void {
    // The one before may have ended the subscription.
    if (this.#phase.kind !== "live" || item.seq <= this.#liveAfter || !this.#wants(item)) return;
    if (!this.#congested) {
      this.#lastSeq = item.seq;
      this.#note(this.#sink.live(item));
      return;
    }
    if (this.#queue.add(item) !== "overrun") return;
    const lastSeq = this.#lastSeq;
    this.unsubscribe();
    this.#sink.overrun(lastSeq);
  }

  #sendQueued(): void {
    const count = this.#queue.takeDropped();
    if (count > 0) this.#note(this.#sink.notice({ type: "dropped", count }));
    if (this.#congested || this.#phase.kind !== "live") return;
    this.#queue.drain((event) => {
      this.#lastSeq = event.seq;
      this.#note(this.#sink.live(event));
      return !this.#congested && this.#phase.kind === "live";
    });
  }

  #wants({ event, durable }: FeedItem): boolean {
    if (this.#wantsAll) return true;
    const filter = this.#filter;
    if (!filter?.types.has(event.type)) return false;
    if (!filter.ephemeral && !durable) return false;
    if (filter.sessionId !== undefined && event.session_id !== filter.sessionId) return false;
    if (filter.satelliteId !== undefined && event.satellite_id !== filter.satelliteId) return false;
    return filter.turnId === undefined || event.turn_id === filter.turnId;
  }

  /**
   * Find the newest `limit` wanted events after `afterSeq`, and hand them to `then` with the number up to which they
   * are all there is. A filter that seldom matches makes this look at everything, in steps.
   */
  #lookBack(
    { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
    then: (events: readonly StoredEvent[], through: number) => void,
  ): void {
    const { signal } = this.#replay;
    const through = this.#journal.lastSeq;
    let found: readonly StoredEvent[] = [];
    let next: number | undefined = through;
    const step = () => {
      const until = this.#clock.now() + STEP_MS;
      while (next !== undefined && found.length < limit) {
        const query = { ...this.#query, afterSeq, throughSeq: next, limit: limit - found.length } as const;
        const page = this.#journal.readPage({ ...query, take: "newest" }, PAGE.rows);
        found = [...page.events, ...found];
        next = page.next;
        if (next !== undefined && found.length < limit && this.#clock.now() >= until) {
          this.#turns.next(signal, step);
          return;
        }
      }
      then(found, through);
    };
    step();
  }

  #sendRecent(found: readonly StoredEvent[]): void {
    // The original has one frame for all: of very long events only the newest that fit into it are sent.
    let characters = 0;
    const first = found.findLastIndex((event) => {
      characters += event.text.length;
      return characters > QUEUE.characters;
    });
    const events = found.slice(first + 1);
    const last = events.at(-1);
    if (!last) return;
    this.#lastSeq = last.seq;
    this.#note(this.#sink.replay(events));
  }

  /** Go on after `since`; say so when that leaves a gap. */
  #resume(since: number, limit: number): void {
    const journal = this.#journal;
    const reset = (reason: "future" | "retention" | "limit", after: number) => {
      this.#note(this.#sink.notice({ type: "reset", reason, oldest_seq: journal.oldestSeq() }));
      this.#replayAfter(after);
    };
    const resumeAll = () => {
      if (since < journal.lostThrough()) reset("retention", since);
      else this.#replayAfter(since);
    };
    if (since > journal.lastSeq) reset("future", 0);
    else if (!Number.isFinite(limit)) resumeAll();
    else {
      this.#lookBack({ afterSeq: since, limit: limit + 1 }, (newest) => {
        const first = newest.length > limit ? newest[0] : undefined;
        if (first) reset("limit", first.seq);
        else resumeAll();
      });
    }
  }

  #replayAfter(afterSeq: number, announce: Announcement = "live"): void {
    // Whoever could not even be told of a gap is gone.
    if (this.#phase.kind === "silent") return;
    this.#phase = { kind: "replaying", afterSeq, announce };
    if (!this.#congested) this.#turns.next(this.#replay.signal, () => this.#sendPages());
  }

  /** Send stored events until the reader is congested; leave the thread to others now and then. */
  #sendPages(): void {
    const until = this.#clock.now() + STEP_MS;
    while (this.#phase.kind === "replaying" && !this.#congested) {
      const { afterSeq, announce } = this.#phase;
      const { events, next } = this.#journal.readPage(
        { ...this.#query, afterSeq, limit: PAGE.events },
        PAGE.rows,
      );
      let characters = 0;
      const fits = events.findIndex((event, index) => {
        characters += event.text.length;
        return index > 0 && characters > PAGE.characters;
      });
      const page = fits === -1 ? events : events.slice(0, fits);
      const last = page.at(-1);
      const after = fits === -1 ? next : last?.seq;
      if (after !== undefined) this.#phase = { kind: "replaying", afterSeq: after, announce };
      else this.#goLive();
      if (last) {
        this.#lastSeq = last.seq;
        this.#note(this.#sink.replay(page));
      }
      if (after === undefined && announce === "live") {
        this.#note(this.#sink.notice({ type: "live", seq: this.#liveAfter }));
      }
      if (after === undefined || this.#clock.now() >= until) break;
    }
    if (this.#phase.kind === "replaying" && !this.#congested) {
      this.#turns.next(this.#replay.signal, () => this.#sendPages());
    }
  }

  #goLive(): void {
    this.#liveAfter = this.#journal.lastSeq;
    this.#phase = { kind: "live" };
  }

  #note(outcome: SendOutcome): void {
    if (outcome === "congested") this.#congested = true;
    // The link is closing, and its end will be told; nothing more can be sent.
    else if (outcome === "dropped") this.unsubscribe();
  }
}
