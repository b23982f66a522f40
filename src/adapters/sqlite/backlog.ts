import { eventMatcher } from "#events/event-filter.ts";
import type { HubEvent } from "#events/hub-event.ts";
import { eventText } from "#events/stamp.ts";
import type { JournalQuery, StoredEvent } from "#ports/journal.ts";

/** Events and characters kept while the disk refuses: some hours of speech, at most 16 MB. */
const LIMIT = { events: 10_000, characters: 8_000_000 };

/** Events on their way to the disk, oldest first; when they are too many, the oldest are lost and counted. */
export class Backlog {
  #events: HubEvent[] = [];
  #characters = 0;
  #lost = 0;
  #lostThrough = 0;

  get size(): number {
    return this.#events.length;
  }

  get oldestSeq(): number {
    return this.#events[0]?.seq ?? 0;
  }

  get newestSeq(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  /** When the oldest happened, in epoch seconds; undefined when nothing waits. */
  get oldestTime(): number | undefined {
    return this.#events[0]?.timestamp;
  }

  /** Highest seq that did not fit, 0 when none was lost. */
  get lostThrough(): number {
    return this.#lostThrough;
  }

  add(event: HubEvent): void {
    this.#events.push(event);
    this.#characters += eventText(event).length;
    while (this.#events.length > LIMIT.events || this.#characters > LIMIT.characters) {
      const lost = this.#events.shift();
      if (!lost) return;
      this.#characters -= eventText(lost).length;
      this.#lost += 1;
      this.#lostThrough = lost.seq;
    }
  }

  /** The oldest `limit` events, which stay until they are removed. */
  first(limit: number): HubEvent[] {
    return this.#events.slice(0, limit);
  }

  /** Let go of everything up to `seq`, which the disk has. */
  removeThrough(seq: number): void {
    const stays = this.#events.findIndex((event) => event.seq > seq);
    const gone = this.#events.splice(0, stays === -1 ? this.#events.length : stays);
    for (const event of gone) this.#characters -= eventText(event).length;
  }

  /** How many were lost since the last time this was asked. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** Those a query wants, oldest first, without regard to its limit. */
  matching(query: JournalQuery): StoredEvent[] {
    if (this.#events.length === 0) return [];
    const { afterSeq = 0, throughSeq = Number.POSITIVE_INFINITY } = query;
    const { fromTime = Number.NEGATIVE_INFINITY, throughTime = Number.POSITIVE_INFINITY } = query;
    const matches = eventMatcher(query);
    return this.#events
      .filter((event) => event.seq > afterSeq && event.seq <= throughSeq)
      .filter((event) => event.timestamp >= fromTime && event.timestamp <= throughTime)
      .filter(matches)
      .map((event) => ({ seq: event.seq, text: eventText(event) }));
  }
}
