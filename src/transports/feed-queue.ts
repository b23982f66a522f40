import type { HubEvent } from "#events/hub-event.ts";
import { eventText, isDurable } from "#events/stamp.ts";
import type { StoredEvent } from "#ports/journal.ts";

/** Events and characters that may wait for one slow subscriber, beside what its socket buffers. */
export const QUEUE = { events: 2000, characters: 512 * 1024 };

/** An event as all subscribers share it. */
export interface FeedItem extends StoredEvent {
  readonly event: HubEvent;
  /** Whether it is stored, so that who misses it can resume. */
  readonly durable: boolean;
}

/** Make what all subscribers share of an event. */
export function feedItem(event: HubEvent): FeedItem {
  return { seq: event.seq, text: eventText(event), durable: isDurable(event.type), event };
}

/** Events that wait for one subscriber, within a bound: live-only ones are given up first, and counted. */
export class FeedQueue {
  #events: FeedItem[] = [];
  #characters = 0;
  #dropped = 0;

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /**
   * Take an event in. `dropped`: it is live only and there is no room. `overrun`: it is durable, and there is no
   * room even without all live-only ones.
   */
  add(item: FeedItem): "queued" | "dropped" | "overrun" {
    const { text, durable } = item;
    if (this.#isFull(text)) {
      if (!durable) {
        this.#dropped += 1;
        return "dropped";
      }
      this.#giveUpLiveOnly();
      if (this.#isFull(text)) return "overrun";
    }
    this.#events.push(item);
    this.#characters += text.length;
    return "queued";
  }

  /** Hand events over in order until `send` wants no more: it returns whether it took the event and wants another. */
  drain(send: (event: StoredEvent) => boolean): void {
    const events = this.#events;
    let sent = 0;
    for (const event of events) {
      sent += 1;
      this.#characters -= event.text.length;
      if (!send(event)) break;
    }
    // `send` may have ended it all.
    if (this.#events === events) this.#events = events.slice(sent);
  }

  /** How many live-only events were given up since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  clear(): void {
    this.#events = [];
    this.#characters = 0;
  }

  #isFull(text: string): boolean {
    return this.#events.length >= QUEUE.events || this.#characters + text.length > QUEUE.characters;
  }

  #giveUpLiveOnly(): void {
    const kept = this.#events.filter((event) => event.durable);
    this.#dropped += this.#events.length - kept.length;
    this.#events = kept;
    this.#characters = kept.reduce((sum, event) => sum + event.text.length, 0);
  }
}
