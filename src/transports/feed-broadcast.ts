import type { FeedItem } from "./feed-queue.ts";

/** Sends to many sockets in one go. */
export interface SharedSends {
  /** Whether nothing waits for this reader; when something does, the reader's end tells once it is gone. */
  ready(): boolean;
  /** Take part in what others send to all. */
  join(): void;
  leave(): void;
  /** Send to everybody else who takes part. */
  sendToOthers(item: FeedItem): void;
}

/** A reader, as far as it is sent live events. */
export interface LiveReader {
  /** How it can share, when it wants all of these events and takes them now. */
  sharing(items: readonly FeedItem[]): SharedSends | undefined;
  /** Send it those of the events that it wants. */
  deliver(items: readonly FeedItem[]): void;
  /** Others sent it everything up to here. */
  wasSent(items: readonly FeedItem[]): void;
}

/** Sharing begins here: for few readers it saves nothing. */
const LEAST_READERS = 4;
/**
 * Text that may be sent to all at once. Bun 1.4 drops what exceeds a socket's limit in silence; nothing waits for those
 * who share, so this, three bytes a character, always fits into the feed's 1 MB.
 */
const MOST_CHARACTERS = 256 * 1024;

/**
 * Delivers events to all readers.
 *
 * Most want everything and keep up: they share one send, which costs half of one each. Whoever has a filter, is slow
 * or only just live is sent to by itself.
 */
export class FeedBroadcast {
  readonly #sharing = new Map<LiveReader, SharedSends>();

  deliver(readers: ReadonlySet<LiveReader>, items: readonly FeedItem[]): void {
    const characters = items.reduce((sum, { text }) => sum + text.length, 0);
    const mayShare = readers.size >= LEAST_READERS && characters <= MOST_CHARACTERS;
    let first: LiveReader | undefined;
    const alone: LiveReader[] = [];
    for (const reader of readers) {
      const shared = mayShare ? reader.sharing(items) : undefined;
      if (!shared) {
        this.forget(reader);
        alone.push(reader);
        continue;
      }
      if (!this.#sharing.has(reader)) {
        this.#sharing.set(reader, shared);
        shared.join();
      }
      first ??= reader;
    }
    for (const reader of alone) reader.deliver(items);
    const sender = first && this.#sharing.get(first);
    if (!first || !sender) return;
    for (const item of items) sender.sendToOthers(item);
    first.deliver(items);
    for (const reader of this.#sharing.keys()) if (reader !== first) reader.wasSent(items);
  }

  /** A reader is gone, or no longer takes everything. */
  forget(reader: LiveReader): void {
    this.#sharing.get(reader)?.leave();
    this.#sharing.delete(reader);
  }
}
