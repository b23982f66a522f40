import type { HubEvent } from "#events/hub-event.ts";
import { eventText, isDurable } from "#events/stamp.ts";
import type { Clock } from "#ports/clock.ts";
import type { Journal, JournalQuery, StoredEvent } from "#ports/journal.ts";
import type { SendOutcome } from "#ports/satellite.ts";
import { ALL_TYPES, type FeedFilter, type FeedRequest } from "./feed-request.ts";

/** What the feed says besides events. */
export type FeedNotice =
  /** What the subscriber knows cannot be continued without a gap: forget it. `oldest_seq` is the oldest kept. */
  | {
      readonly type: "reset";
      readonly reason: "future" | "retention" | "limit";
      readonly oldest_seq: number;
    }
  /** Everything stored up to `seq` has been sent; live events follow. */
  | { readonly type: "live"; readonly seq: number }
  /** `count` live-only events were left out because the subscriber reads too slowly. */
  | { readonly type: "dropped"; readonly count: number };

/** Where a subscriber's events go: a WebSocket or an HTTP response. Nothing throws. */
export interface FeedSink {
  /** Send stored events, as one frame where the medium has frames. Never called with none. */
  replay(events: readonly StoredEvent[]): SendOutcome;
  /** Send one live event. */
  live(event: StoredEvent): SendOutcome;
  notice(notice: FeedNotice): SendOutcome;
  /** Run `work` and write what it sends in one go. */
  cork(work: () => void): void;
  /** The subscriber reads too slowly: end it, telling it where to resume. */
  overrun(lastSeq: number): void;
}

/** Events and characters that may wait for one slow subscriber, beside what its socket buffers. */
const QUEUE = { events: 2000, characters: 512 * 1024 };
/** Stored events read at a time, and the text in one frame: each takes about a millisecond. */
const PAGE = { events: 250, characters: 128 * 1024 };

type Phase =
  /** Stored events are being sent; live ones stay in the journal until then. */
  | { readonly kind: "replaying"; readonly afterSeq: number }
  | { readonly kind: "live" }
  /** Nothing is wanted, or the subscriber is gone. */
  | { readonly kind: "silent" };

interface Queued extends StoredEvent {
  readonly durable: boolean;
}

/**
 * One subscriber: first what is stored, then what happens, in order and without a gap.
 *
 * While it catches up, live events are not queued: the durable ones are in the journal and are read from there, so
 * live never overtakes replay, however long that takes. Afterwards events wait in a bounded queue for a slow
 * reader; live-only ones are given up first and counted, then the subscriber is sent away to resume.
 */
export class FeedSubscriber {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #sink: FeedSink;
  #filter: FeedFilter | undefined;
  #query: JournalQuery = {};
  #phase: Phase = { kind: "silent" };
  /** Live events up to here have been replayed, or are not wanted. */
  #liveAfter = 0;
  #queue: Queued[] = [];
  #queuedCharacters = 0;
  #dropped = 0;
  #congested = false;
  #lastSeq = 0;
  /** Ends the pause between two pages of a replay. */
  #replay = new AbortController();

  constructor(deps: { readonly journal: Journal; readonly clock: Clock }, sink: FeedSink) {
    this.#journal = deps.journal;
    this.#clock = deps.clock;
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
    this.#query = {
      ...(narrowed && { types: [...filter.types] }),
      ...(sessionId !== undefined && { sessionId }),
      ...(satelliteId !== undefined && { satelliteId }),
      ...(turnId !== undefined && { turnId }),
    };
    this.#replay = new AbortController();
    if (start.kind === "since") {
      const afterSeq = this.#resumeAfter(start.seq, start.limit);
      this.#phase = { kind: "replaying", afterSeq };
      this.#sendPage();
      return;
    }
    if (start.kind === "recent") this.#sendRecent(start.limit);
    this.#goLive();
  }

  /** Want nothing more. */
  unsubscribe(): void {
    this.#replay.abort();
    this.#filter = undefined;
    this.#phase = { kind: "silent" };
    this.#queue = [];
    this.#queuedCharacters = 0;
  }

  /** Take a live event into the queue, if it is wanted. Returns whether there is something to flush. */
  offer(event: HubEvent): boolean {
    if (this.#phase.kind !== "live" || event.seq <= this.#liveAfter || !this.#wants(event)) return false;
    const durable = isDurable(event.type);
    const text = eventText(event);
    if (this.#isFull(text) && !this.#makeRoom(durable)) return false;
    this.#queue.push({ seq: event.seq, text, durable });
    this.#queuedCharacters += text.length;
    return !this.#congested;
  }

  /** Send what is queued, as far as the reader keeps up. */
  flush(): void {
    if (this.#congested || this.#queue.length === 0) return;
    this.#sink.cork(() => this.#sendQueued());
  }

  /** The reader has caught up with what was sent. */
  drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    if (this.#phase.kind === "replaying") this.#sendPage();
    else this.flush();
  }

  /** The reader is gone. */
  gone(): void {
    this.unsubscribe();
  }

  #sendQueued(): void {
    const queue = this.#queue;
    let sent = 0;
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#note(this.#sink.notice({ type: "dropped", count }));
    }
    for (const event of queue) {
      // Congested, or gone: `#note` has then emptied or kept the queue.
      if (this.#congested || this.#phase.kind !== "live") break;
      sent += 1;
      this.#queuedCharacters -= event.text.length;
      this.#lastSeq = event.seq;
      this.#note(this.#sink.live(event));
    }
    if (this.#phase.kind === "live") this.#queue = queue.slice(sent);
  }

  #wants(event: HubEvent): boolean {
    const filter = this.#filter;
    if (!filter?.types.has(event.type)) return false;
    if (!filter.ephemeral && !isDurable(event.type)) return false;
    if (filter.sessionId !== undefined && event.session_id !== filter.sessionId) return false;
    if (filter.satelliteId !== undefined && event.satellite_id !== filter.satelliteId) return false;
    return filter.turnId === undefined || event.turn_id === filter.turnId;
  }

  #sendRecent(limit: number): void {
    let events = this.#journal.readStored({ ...this.#query, limit, take: "newest" });
    // The original has one frame for all: of very long events only the newest that fit into it are sent.
    let characters = 0;
    const first = events.findLastIndex((event) => {
      characters += event.text.length;
      return characters > QUEUE.characters;
    });
    events = events.slice(first + 1);
    if (events.length > 0) this.#note(this.#sink.replay(events));
  }

  /** Where a replay begins that was asked to go on after `since`; says so when that leaves a gap. */
  #resumeAfter(since: number, limit: number): number {
    const journal = this.#journal;
    const reset = (reason: "future" | "retention" | "limit", after: number) => {
      this.#note(this.#sink.notice({ type: "reset", reason, oldest_seq: journal.oldestSeq() }));
      return after;
    };
    if (since > journal.lastSeq) return reset("future", 0);
    if (Number.isFinite(limit)) {
      const query = { ...this.#query, afterSeq: since, take: "newest" } as const;
      const newest = journal.readStored({ ...query, limit: limit + 1 });
      const first = newest.length > limit ? newest[0] : undefined;
      if (first) return reset("limit", first.seq);
    }
    return since < journal.lostThrough() ? reset("retention", since) : since;
  }

  /** Send stored events until the reader is congested; leave the thread to others between two pages. */
  #sendPage(): void {
    if (this.#phase.kind !== "replaying" || this.#congested) return;
    const { afterSeq } = this.#phase;
    const found = this.#journal.readStored({ ...this.#query, afterSeq, limit: PAGE.events });
    let characters = 0;
    const fits = found.findIndex((event, index) => {
      characters += event.text.length;
      return index > 0 && characters > PAGE.characters;
    });
    const page = fits === -1 ? found : found.slice(0, fits);
    const last = page.at(-1);
    if (!last) {
      this.#goLive();
      this.#note(this.#sink.notice({ type: "live", seq: this.#liveAfter }));
      return;
    }
    this.#phase = { kind: "replaying", afterSeq: last.seq };
    this.#lastSeq = last.seq;
    this.#note(this.#sink.replay(page));
    if (this.#congested) return;
    this.#clock.sleep(0, this.#replay.signal).then(
      () => this.#sendPage(),
      () => undefined, // another subscription took over, or the reader is gone
    );
  }

  #goLive(): void {
    this.#liveAfter = this.#journal.lastSeq;
    this.#phase = { kind: "live" };
  }

  #isFull(text: string): boolean {
    return this.#queue.length >= QUEUE.events || this.#queuedCharacters + text.length > QUEUE.characters;
  }

  /** Give up live-only events for a durable one. Returns whether it now fits. */
  #makeRoom(durable: boolean): boolean {
    if (!durable) {
      this.#dropped += 1;
      return false;
    }
    const kept = this.#queue.filter((event) => event.durable);
    if (kept.length < this.#queue.length) {
      this.#dropped += this.#queue.length - kept.length;
      this.#queue = kept;
      this.#queuedCharacters = kept.reduce((sum, event) => sum + event.text.length, 0);
      return true;
    }
    const lastSeq = this.#lastSeq;
    this.unsubscribe();
    this.#sink.overrun(lastSeq);
    return false;
  }

  #note(outcome: SendOutcome): void {
    if (outcome === "congested") this.#congested = true;
    // The link is closing, and its end will be told; nothing more can be sent.
    else if (outcome === "dropped") this.unsubscribe();
  }
}
