import type { MqttClient } from "mqtt";
import type { HubEvent } from "#events/hub-event.ts";
import { parseStoredEvent } from "#events/stored-event.ts";
import type { Clock } from "#ports/clock.ts";
import { type Broker, BrokerRefused, connectBroker, gone } from "./connection.ts";
import { ALL_EVENTS, hubOfTopic } from "./topics.ts";

/** How long a broker that can keeps what happens while the follower is away. */
const SESSION_SECONDS = 3600;
const RETRY_MS = [250, 500, 1000, 2000, 5000];
/** Numbers remembered of each hub, to know what is sent again; a bridge has at most 64 on their way. */
const REMEMBERED = 1024;
/** Hubs of one site that are told apart. */
const MAX_HUBS = 1000;

/** What a follower tells besides events. */
export type SiteNote =
  | { readonly kind: "lost" }
  | { readonly kind: "resumed" }
  /** Events of this hub came and were missed. */
  | { readonly kind: "gap"; readonly hub: string }
  /** A message that is no event of this version. */
  | { readonly kind: "unknown"; readonly hub: string; readonly problem: string };

export interface SiteFollowerOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once for every event, however often it is sent, in the order each hub has them. */
  readonly onEvent: (hub: string, event: HubEvent) => void;
  readonly onNote: (note: SiteNote) => void;
}

/**
 * Follow the events of every hub that bridges to a broker, until `signal` aborts.
 *
 * Resolves with `stopped` on abort, and with the broker's reason when it could never be reached.
 */
export async function followSite(
  options: SiteFollowerOptions,
): Promise<"stopped" | { readonly refused: string }> {
  const { broker, clock, signal, onNote } = options;
  const clientId = `hearth-tail-${crypto.randomUUID()}`;
  const hubs = new Map<string, HubMemory>();
  let wasThere = false;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const { client } = await connectBroker(
        broker,
        { clientId, clean: false, properties: { sessionExpiryInterval: SESSION_SECONDS } },
        signal,
      );
      attempt = 0;
      client.on("message", (topic, payload, packet) => {
        const { previous } = packet.properties?.userProperties ?? {};
        received(options, hubs, topic, payload.toString(), Number(previous ?? Number.NaN));
      });
      await client.subscribeAsync(ALL_EVENTS, { qos: 1 });
      if (wasThere) onNote({ kind: "resumed" });
      wasThere = true;
      await stay(client, signal);
      if (!signal.aborted) onNote({ kind: "lost" });
    } catch (error) {
      if (signal.aborted) break;
      if (!wasThere) return { refused: error instanceof BrokerRefused ? error.code : "unknown" };
    }
    await clock.sleep(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0, signal).catch(() => undefined);
  }
  return "stopped";
}

/** Until the connection is gone or `signal` aborts; then the broker need not keep anything. */
async function stay(client: MqttClient, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await Promise.race([gone(client), promise]);
  if (signal.aborted && client.connected)
    await client.endAsync(false, { properties: { sessionExpiryInterval: 0 } });
  else client.end(true);
}

/** What was seen of one hub. */
interface HubMemory {
  lastSeq: number;
  /** The time of each of the last events, by number. */
  readonly seen: Map<number, number>;
}

function received(
  { onEvent, onNote }: SiteFollowerOptions,
  hubs: Map<string, HubMemory>,
  topic: string,
  payload: string,
  previous: number,
): void {
  const hub = hubOfTopic(topic);
  if (hub === undefined) return;
  const parsed = parseStoredEvent(payload);
  if (!parsed.ok) {
    onNote({ kind: "unknown", hub, problem: parsed.problem });
    return;
  }
  const { event } = parsed;
  const memory = hubs.get(hub);
  if (memory?.seen.get(event.seq) === event.timestamp) return; // sent again
  // A number that was passed belongs to a hub that began anew.
  const known =
    memory && event.seq > memory.lastSeq ? memory : { lastSeq: 0, seen: new Map<number, number>() };
  if (known.lastSeq > 0 && previous > known.lastSeq) onNote({ kind: "gap", hub });
  known.lastSeq = event.seq;
  known.seen.set(event.seq, event.timestamp);
  const oldest = known.seen.keys().next().value;
  if (known.seen.size > REMEMBERED && oldest !== undefined) known.seen.delete(oldest);
  if (memory || hubs.size < MAX_HUBS) hubs.set(hub, known);
  onEvent(hub, event);
}
