import type { EventOf, EventType, HubEvent } from "#events/hub-event.ts";

/** What was waited for did not come. */
export class NotOnFeed extends Error {
  override readonly name = "NotOnFeed";
}

type Fits<E> = (event: E) => boolean;

/** Everything a hub publishes, from the first stored event on: read as any subscriber reads it. */
export class FeedTap implements Disposable {
  readonly events: HubEvent[] = [];
  /** Live-only events the hub left out because this reader was slow; a test that counts events wants 0. */
  dropped = 0;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Connect and resolve once everything stored after `since` has been read. */
  static async open(url: string, since = 0): Promise<FeedTap> {
    const address = new URL(url);
    address.searchParams.set("ephemeral", "1");
    address.searchParams.set("since", String(since));
    const socket = new WebSocket(address);
    const tap = new FeedTap(socket);
    const live = Promise.withResolvers<void>();
    socket.addEventListener("message", ({ data }) => tap.#take(String(data), live.resolve));
    socket.addEventListener("close", ({ code, reason }) => {
      tap.#closed = true;
      live.reject(new NotOnFeed(`the feed closed: ${code} ${reason}`));
      tap.#look();
    });
    live.promise.catch(() => undefined);
    await live.promise;
    return tap;
  }

  /** Number of events so far: pass it as `since` to see only what comes after. */
  mark(): number {
    return this.events.length;
  }

  /** The events of one type so far, in order. */
  of<T extends EventType>(type: T, satelliteId?: string, since = 0): EventOf<T>[] {
    return this.events
      .slice(since)
      .filter((event): event is EventOf<T> => event.type === type)
      .filter((event) => satelliteId === undefined || event.satellite_id === satelliteId);
  }

  /** The events of one turn so far, in order. */
  turn(turnId: string): HubEvent[] {
    return this.events.filter((event) => event.turn_id === turnId);
  }

  /**
   * The first event of a type that fits, among those from `since` (default: now) on.
   *
   * @throws {NotOnFeed} when none comes within `withinMs` (default 20 s), or the feed closes.
   */
  async next<T extends EventType>(
    type: T,
    fits: Fits<EventOf<T>> = () => true,
    options: { readonly since?: number; readonly withinMs?: number } = {},
  ): Promise<EventOf<T>> {
    const { since = this.mark(), withinMs = 20_000 } = options;
    const found = await this.until(
      () => this.of(type, undefined, since).find(fits),
      `the event ${type}`,
      withinMs,
    );
    return found;
  }

  /** Wait until `look`, called after every event, gives something. @throws {NotOnFeed} */
  until<T>(look: () => T | undefined, what: string, withinMs = 20_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        act();
      };
      const check = () => {
        const value = look();
        if (value !== undefined) settle(() => resolve(value));
        else if (this.#closed) settle(() => reject(new NotOnFeed(`the feed closed before ${what}`)));
      };
      const late = () => settle(() => reject(new NotOnFeed(`not within ${withinMs} ms: ${what}`)));
      const timer = setTimeout(late, withinMs);
      this.#waiting.add(check);
      check();
    });
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  #take(text: string, live: () => void): void {
    const frame = JSON.parse(text) as
      | HubEvent
      | { readonly type: "replay"; readonly events: readonly HubEvent[] }
      | { readonly type: "live" }
      | { readonly type: "dropped"; readonly count: number };
    if (frame.type === "replay") this.events.push(...frame.events);
    else if (frame.type === "dropped") this.dropped += frame.count;
    else if (frame.type === "live") live();
    else this.events.push(frame);
    this.#look();
  }

  #look(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** The turns that began, each with the reasons of its ends: exactly one for a turn that is over. */
export function turnEnds(events: readonly HubEvent[]): Map<string, string[]> {
  const turns = new Map<string, string[]>();
  for (const event of events) {
    if (event.turn_id === null) continue;
    const ends = turns.get(event.turn_id) ?? [];
    if (event.type === "turn_end") ends.push(event.reason);
    turns.set(event.turn_id, ends);
  }
  return turns;
}
