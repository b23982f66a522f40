import type { EventDraft, EventOf, EventType, HubEvent } from "#events/hub-event.ts";

/**
 * Everyone who wants to know what happens in the hub asks the bus.
 *
 * Events are totally ordered. Each subscriber sees them one at a time and in that order, also when a handler
 * publishes another event. A handler that throws is reported by name and keeps its subscription.
 */
export interface EventBus {
  /**
   * Stamp a draft with the next seq and the time, journal it when durable, hand it to every subscriber.
   *
   * Returns the stamped event. An invalid draft is a bug: it throws in tests, and in production is counted,
   * reported as `system_error` and not sent.
   */
  publish<T extends EventType>(draft: EventDraft<T>): HubEvent;
  /** Call `handler` for each event of one type until `signal` aborts. `name` appears in reports about it. */
  on<T extends EventType>(
    type: T,
    options: { readonly name: string; readonly signal: AbortSignal },
    handler: (event: EventOf<T>) => void,
  ): void;
  /** Call `handler` for every event until `signal` aborts. */
  onAny(
    options: { readonly name: string; readonly signal: AbortSignal },
    handler: (event: HubEvent) => void,
  ): void;
}
