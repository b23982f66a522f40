import type { HubEvent } from "#events/hub-event.ts";

/** Which stored events to read. Every bound is inclusive unless it says otherwise. */
export interface JournalQuery {
  /** Only events with seq greater than this. */
  readonly afterSeq?: number;
  /** Only events with seq up to this. */
  readonly throughSeq?: number;
  /** Only events at or after this epoch second. */
  readonly fromTime?: number;
  readonly throughTime?: number;
  /** Event types; `*` stands for any run of characters, as in `stt_*`. Empty or absent means all. */
  readonly types?: readonly string[];
  readonly sessionId?: string;
  readonly satelliteId?: string;
  readonly turnId?: string;
  /** Full-text query over the events' text. */
  readonly text?: string;
  /** At most this many, default 1000, at most 10,000. */
  readonly limit?: number;
  /** `oldest` reads forward from the start of the range (default), `newest` the last ones; always returned oldest first. */
  readonly take?: "oldest" | "newest";
}

/**
 * The stored events.
 *
 * Appending never waits: durable events are committed in groups (at most 100 ms or 256 events later) and
 * `durableSeq` tells how far the disk has them. `reserveSeq` hands out numbers that never repeat, also across a
 * crash or a power cut.
 */
export interface Journal extends AsyncDisposable {
  /** The next sequence number: rises by at least one with every call, for ever. */
  reserveSeq(): number;
  /** Queue a durable event. Its seq must come from `reserveSeq`. */
  append(event: HubEvent): void;
  /** Highest seq known to be on disk together with everything appended before it. */
  readonly durableSeq: number;
  /** Lowest seq still kept; 0 when nothing is stored. */
  oldestSeq(): number;
  /** Commit what waits. Rejects when the disk refuses; the events stay queued within the journal's bound. */
  flush(): Promise<void>;
  /** Read stored events, including those not yet committed. */
  read(query: JournalQuery): HubEvent[];
}
