import type { EventFilter } from "#events/event-filter.ts";
import type { HubEvent } from "#events/hub-event.ts";

/** Which stored events to read. Every bound is inclusive unless it says otherwise. */
export interface JournalQuery extends EventFilter {
  /** Only events with seq greater than this. */
  readonly afterSeq?: number;
  /** Only events with seq up to this. */
  readonly throughSeq?: number;
  /** Only events at or after this epoch second. */
  readonly fromTime?: number;
  readonly throughTime?: number;
  /** At most this many, default 1000, at most 10,000. */
  readonly limit?: number;
  /** `oldest` reads forward from the start of the range (default), `newest` the last ones; always returned oldest first. */
  readonly take?: "oldest" | "newest";
}

/** A stored event as the JSON text in which it is sent. */
export interface StoredEvent {
  readonly seq: number;
  readonly text: string;
}

/** A part of what a query finds. */
export interface JournalPage {
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /**
   * Where to go on: the next page's `afterSeq`, or with `take: "newest"` its `throughSeq`. Undefined when nothing is
   * left.
   */
  readonly next: number | undefined;
}

/** Durable events on their way to the disk. */
export interface JournalWaiting {
  readonly events: number;
  /** When the oldest of them happened, in epoch seconds; undefined when none waits. */
  readonly oldestTime: number | undefined;
}

/** How well the journal can keep what it is given. */
export type JournalHealth =
  | { readonly kind: "ok" }
  /** The disk refuses: full, read-only or broken. Events wait in memory; beyond the bound the oldest are lost. */
  | { readonly kind: "refused"; readonly detail: string }
  /** It writes again; `lost` events did not fit into memory meanwhile. */
  | { readonly kind: "recovered"; readonly lost: number }
  /** The stored events were damaged. They were moved to the file `movedTo` and a new journal was begun. */
  | { readonly kind: "replaced"; readonly movedTo: string };

/**
 * The stored events.
 *
 * Appending never waits and never throws: durable events are committed in groups (at most 100 ms or 256 events
 * later) and `durableSeq` tells how far the disk has them. `reserveSeq` hands out numbers that never repeat, also
 * across a crash or a power cut. While the disk refuses, everything goes on in memory, within a bound. Disposing
 * commits what waits.
 */
export interface Journal extends AsyncDisposable {
  /** The next sequence number: rises by at least one with every call, for ever. */
  reserveSeq(): number;
  /** The number handed out last; 0 when there never was one. Never more than any future one. */
  readonly lastSeq: number;
  /** Queue a durable event. Its seq must come from `reserveSeq`, and events are appended in order of seq. */
  append(event: HubEvent): void;
  /** Highest seq known to be on disk together with everything appended before it; 0 when there is none. */
  readonly durableSeq: number;
  /** Lowest seq still kept; 0 when nothing is stored. */
  oldestSeq(): number;
  /**
   * Highest seq of a durable event that was once stored and is gone, by retention or damage; 0 when nothing ever
   * was lost. Whoever has seen everything up to here, or more, can resume without a gap.
   */
  lostThrough(): number;
  /** Commit what waits. Rejects when the disk refuses; the events stay queued within the journal's bound. */
  flush(): Promise<void>;
  /** Read stored events, including those not yet committed. */
  read(query: JournalQuery): HubEvent[];
  /** As `read`, without parsing what is going to be sent anyway. */
  readStored(query: JournalQuery): StoredEvent[];
  /**
   * As `readStored`, but look at no more than about `rows` events, however few of them are wanted: for readers that
   * leave the thread to others between two pages.
   */
  readPage(query: JournalQuery, rows: number): JournalPage;
  /** What is not on disk yet. */
  waiting(): JournalWaiting;
  /** Call `handler` with every new `durableSeq` until `signal` aborts. */
  onDurable(signal: AbortSignal, handler: (seq: number) => void): void;
  /** Call `handler` with every change of health until `signal` aborts, and at once when it is not `ok` now. */
  watch(signal: AbortSignal, handler: (health: JournalHealth) => void): void;
}

/** Largest and default number of events one read returns. */
export const READ_LIMIT = { max: 10_000, standard: 1000 } as const;
