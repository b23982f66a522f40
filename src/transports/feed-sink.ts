import type { StoredEvent } from "#ports/journal.ts";
import type { SendOutcome } from "#ports/satellite.ts";
import type { SharedSends } from "./feed-broadcast.ts";
import type { FeedItem } from "./feed-queue.ts";

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
  /** Undefined where the medium cannot. */
  readonly shared?: SharedSends;
  /** Others sent these to this reader. */
  wasSent?(items: readonly FeedItem[]): void;
  /** Run `work` and write what it sends in one go. */
  cork(work: () => void): void;
  /** The subscriber reads too slowly: end it, telling it where to resume. */
  overrun(lastSeq: number): void;
}
