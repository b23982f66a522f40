import type { Broker } from "#adapters/mqtt/connection.ts";
import { followSite, type SiteNote } from "#adapters/mqtt/site-follower.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import type { HubEvent } from "#events/hub-event.ts";

/** Read a broker's address with its name and password; a problem is a sentence. */
export function brokerOf(address: string | undefined): Broker | string {
  if (address === undefined) {
    return "--all-hubs takes the site's broker: --broker mqtt://host, or HEARTH_BROKER.";
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^mqtts?:$/.test(url.protocol)) {
    return "the broker's address is none; write mqtt://host:1883 or mqtts://host:8883.";
  }
  const { username, password } = url;
  url.username = "";
  url.password = "";
  return {
    url: url.href,
    username: username === "" ? undefined : decodeURIComponent(username),
    password: password === "" ? undefined : decodeURIComponent(password),
  };
}

/** Follow every hub of a site until `signal` aborts; resolves with the exit code. */
export async function followAllHubs(
  broker: Broker,
  signal: AbortSignal,
  onEvent: (event: HubEvent, hub: string) => void,
): Promise<number> {
  const end = await followSite({
    broker,
    clock: systemClock,
    signal,
    onEvent: (hub, event) => onEvent(event, hub),
    onNote: (note) => console.error(`hearth tail: ${noteText(note)}`),
  });
  if (end === "stopped") return 0;
  console.error(
    `hearth tail: The broker at ${new URL(broker.url).host} cannot be used (${end.refused}). Check its address, name and password.`,
  );
  return 1;
}

function noteText(note: SiteNote): string {
  switch (note.kind) {
    case "lost":
      return "The broker is gone. Waiting for it …";
    case "resumed":
      return "The broker is back.";
    case "gap":
      return `Some events of ${JSON.stringify(note.hub)} are missing.`;
    case "unknown":
      return `A message of ${JSON.stringify(note.hub)} is no event this version knows: ${note.problem}.`;
  }
}
