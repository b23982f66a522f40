/** Where a hub publishes its events of a type. */
export function eventTopic(hub: string, type: string): string {
  return `hearth/${hub}/events/${type}`;
}

/** What to subscribe to for the events of all hubs. */
export const ALL_EVENTS = "hearth/+/events/+";

/** The hub an event's topic names; undefined when it is another topic. */
export function hubOfTopic(topic: string): string | undefined {
  return /^hearth\/([^/]+)\/events\/[^/]+$/.exec(topic)?.[1];
}
