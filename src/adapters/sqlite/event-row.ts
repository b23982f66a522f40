import type { HubEvent } from "#events/hub-event.ts";
import { eventText } from "#events/stamp.ts";
import type { EventRow } from "./event-writer.ts";

/** An event as it is stored. */
export function toRow(event: HubEvent): EventRow {
  return {
    seq: event.seq,
    time: event.timestamp,
    type: event.type,
    sessionId: event.session_id,
    satelliteId: event.satellite_id,
    turnId: event.turn_id,
    body: eventText(event),
  };
}
