import { resolve } from "node:path";
import { isTypePattern } from "#events/event-filter.ts";
import type { EventPlace, StoredFilter } from "./stored-events.ts";

/** Where a hub's feed is when nobody says. */
const DEFAULT_FEED = "ws://127.0.0.1:8765/events";

/** The options that say which stored events to read and where, for `parseArgs`. */
export const STORED_OPTIONS = {
  type: { type: "string", multiple: true },
  satellite: { type: "string" },
  turn: { type: "string" },
  session: { type: "string" },
  since: { type: "string" },
  url: { type: "string" },
  token: { type: "string" },
  data: { type: "string" },
} as const;

/** What those options were set to. */
export interface StoredValues {
  readonly type?: readonly string[] | undefined;
  readonly satellite?: string | undefined;
  readonly turn?: string | undefined;
  readonly session?: string | undefined;
  readonly since?: string | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly data?: string | undefined;
}

/** Their help. */
export const STORED_USAGE = `  --url URL        a running hub (default: HEARTH_EVENTS_URL, else ${DEFAULT_FEED})
  --token TOKEN    the token to show it (default: HEARTH_TOKEN)
  --data DIR       instead of asking a hub, read its data directory; a hub may run on it`;

/** Read the options; a problem is a sentence. */
export function readStoredOptions(
  values: StoredValues,
): { readonly place: EventPlace; readonly filter: StoredFilter } | string {
  const types = (values.type ?? []).flatMap((list) => list.split(",")).filter((type) => type !== "");
  const wrong = types.find((type) => !isTypePattern(type));
  if (wrong !== undefined) return `"${wrong}" is no type of event.`;
  if (values.since !== undefined && !/^\d{1,15}$/.test(values.since)) {
    return "--since takes the number of an event.";
  }
  const { HEARTH_EVENTS_URL, HEARTH_TOKEN } = process.env;
  const address = (values.url ?? HEARTH_EVENTS_URL ?? DEFAULT_FEED).replace(/^http/, "ws");
  if (!URL.canParse(address) || !/^wss?:/.test(address)) {
    return `"${values.url ?? address}" is no address of a hub; write http://host:port.`;
  }
  return {
    place:
      values.data === undefined
        ? { kind: "hub", url: new URL(address), token: values.token ?? HEARTH_TOKEN }
        : { kind: "data", path: resolve(values.data) },
    filter: {
      since: Number(values.since ?? 0),
      ...(types.length > 0 && { types }),
      ...(values.satellite !== undefined && { satelliteId: values.satellite }),
      ...(values.turn !== undefined && { turnId: values.turn }),
      ...(values.session !== undefined && { sessionId: values.session }),
    },
  };
}
