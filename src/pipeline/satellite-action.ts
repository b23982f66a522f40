import type { SatelliteEvent } from "#protocol/satellite.ts";

/** What a session does about something that happened at the satellite. */
export type SatelliteAction = "button" | "stop" | "wake" | "mute" | "unmute";

const ACTIONS: ReadonlyMap<string, SatelliteAction> = new Map([
  ["button pressed", "button"],
  ["button long_pressed", "stop"],
  ["wake detected", "wake"],
  ["mute on", "mute"],
  ["mute off", "unmute"],
]);

/** The action for an event; undefined for those only others may care about. */
export function actionOf(event: SatelliteEvent): SatelliteAction | undefined {
  return ACTIONS.get(`${event.source} ${event.action}`);
}
