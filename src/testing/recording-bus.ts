import type { EventDraft, EventOf, EventType, HubEvent } from "#events/hub-event.ts";
import { checkDraft, stamp } from "#events/stamp.ts";
import type { EventBus } from "#ports/event-bus.ts";

interface Subscriber {
  readonly type: EventType | undefined;
  deliver(event: HubEvent): void;
}

/**
 * A bus that remembers everything.
 *
 * Events are delivered before `publish` returns unless it was called from a handler; then they follow in order.
 * The n-th event has seq n and happens n seconds after the epoch. An invalid draft throws.
 */
export class RecordingBus implements EventBus {
  /** Everything published, oldest first. */
  readonly events: HubEvent[] = [];
  readonly #subscribers = new Set<Subscriber>();
  readonly #waiting: HubEvent[] = [];
  #delivering = false;

  /** The recorded events of one type, oldest first. */
  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.events.filter((event) => event.type === type) as EventOf<T>[];
  }

  publish<T extends EventType>(draft: EventDraft<T>): HubEvent {
    const check = checkDraft(draft);
    if (!check.ok) throw new Error(`invalid ${check.type} event: ${check.problem}`);
    const seq = this.events.length + 1;
    const event = stamp(check.draft, seq, seq);
    this.events.push(event);
    this.#waiting.push(event);
    if (!this.#delivering) this.#deliver();
    return event;
  }

  on<T extends EventType>(
    type: T,
    options: { readonly name: string; readonly signal: AbortSignal },
    handler: (event: EventOf<T>) => void,
  ): void {
    this.#subscribe({ type, deliver: (event) => handler(event as EventOf<T>) }, options.signal);
  }

  onAny(
    options: { readonly name: string; readonly signal: AbortSignal },
    handler: (event: HubEvent) => void,
  ): void {
    this.#subscribe({ type: undefined, deliver: handler }, options.signal);
  }

  #subscribe(subscriber: Subscriber, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#subscribers.add(subscriber);
    signal.addEventListener("abort", () => this.#subscribers.delete(subscriber), { once: true });
  }

  #deliver(): void {
    this.#delivering = true;
    try {
      for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
        for (const subscriber of [...this.#subscribers]) {
          if (!this.#subscribers.has(subscriber)) continue;
          if (subscriber.type === undefined || subscriber.type === event.type) subscriber.deliver(event);
        }
      }
    } finally {
      this.#delivering = false;
    }
  }
}
