import { systemLocalTime } from "#adapters/system/local-time.ts";
import { spokenTime } from "#assistant/intents/calendar.ts";
import type { EventOf } from "#events/hub-event.ts";
import { connectSatellite } from "#sim/satellite.ts";
import type { SatelliteOptions, SimulatedSatellite } from "#sim/simulated-satellite.ts";
import { NotOnFeed } from "./feed-tap.ts";
import type { HubProcess } from "./hub-process.ts";

/** The zone the hubs under test tell the time of. */
export const TIME_ZONE = "Pacific/Auckland";

/** The recorded commands whose intent exists: what is said, and what the answer must be. */
export const RECORDED_COMMANDS: readonly RecordedCommand[] = [
  { file: "sentences/r3-time.wav", text: "what time is it", intent: "time", answers: timeAnswers },
  { file: "sentences/r3-date.wav", text: "what's the date today", intent: "date", answers: dateAnswers },
  {
    file: "sentences/r3-timer.wav",
    text: "set a timer for ten minutes",
    intent: "timer-set",
    answers: () => ["Timer set for ten minutes."],
  },
];

export interface RecordedCommand {
  readonly file: string;
  readonly text: string;
  readonly intent: string;
  /** The right answers to a question asked at `askedAt` (epoch ms): two, where a minute may pass meanwhile. */
  answers(askedAt: number): readonly string[];
}

/** What the hub made of one thing that was said. */
export interface TurnReport {
  readonly turnId: string;
  readonly reason: string;
  readonly transcript: string | undefined;
  readonly intent: string | undefined;
  /** The sentences of the answer. */
  readonly answer: readonly string[];
  /** Epoch ms of the decision, or of the turn's end where nothing was decided. */
  readonly decidedAt: number;
}

/** Connect a simulated satellite that goes by `id`. */
export function satelliteOf(
  hub: HubProcess,
  id: string,
  signal: AbortSignal,
  options: Partial<SatelliteOptions> = {},
): Promise<SimulatedSatellite> {
  return connectSatellite({
    url: hub.satellite,
    signal,
    ...options,
    hello: { id, capabilities: ["playback_position"], ...options.hello },
  });
}

/** What the hub made of the turn that ended after event number `since` at this satellite. */
export async function turnEnded(
  hub: HubProcess,
  satelliteId: string,
  since: number,
  withinMs = 30_000,
): Promise<TurnReport> {
  const end = await hub.feed.next("turn_end", (event) => event.satellite_id === satelliteId, {
    since,
    withinMs,
  });
  const turnId = end.turn_id ?? "";
  const events = hub.feed.turn(turnId);
  const report = {
    turnId,
    reason: end.reason,
    transcript: undefined as string | undefined,
    intent: undefined as string | undefined,
    answer: [] as string[],
    decidedAt: end.timestamp * 1000,
  };
  for (const event of events) {
    if (event.type === "stt_result") report.transcript = event.text;
    else if (event.type === "tts_start") report.answer.push(event.text);
    else if (event.type === "decision") {
      report.intent = event.intent ?? undefined;
      report.decidedAt = event.timestamp * 1000;
    }
  }
  return report;
}

/** Whether the hub wakes at this satellite within `withinMs`, counted from event number `since` on. */
export async function woke(
  hub: HubProcess,
  satelliteId: string,
  since: number,
  withinMs: number,
): Promise<boolean> {
  try {
    await hub.feed.next("wake_detected", (event) => event.satellite_id === satelliteId, { since, withinMs });
    return true;
  } catch (error) {
    if (error instanceof NotOnFeed) return false;
    throw error;
  }
}

/** Press the button and wait until the hub listens. */
export async function pressed(hub: HubProcess, id: string, satellite: SimulatedSatellite): Promise<void> {
  const since = hub.feed.mark();
  const listens = (event: EventOf<"turn_state">) => event.satellite_id === id && event.state === "listening";
  satellite.press();
  await hub.feed.next("turn_state", listens, { since });
}

/** Wait until the satellite is told that the hub is idle, and has fallen silent. */
export async function idleAgain(satellite: SimulatedSatellite): Promise<void> {
  await satellite.until(({ hubState, audible }) => hubState === "idle" && !audible, "the hub is idle again");
}

function timeAnswers(askedAt: number): readonly string[] {
  const zone = systemLocalTime(TIME_ZONE);
  return [askedAt, askedAt - 1000].map((at) => `It's ${spokenTime(zone.at(at), 12)}.`);
}

const ORDINALS =
  "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth " +
  "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth " +
  "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first";

function dateAnswers(askedAt: number): readonly string[] {
  const options = { timeZone: TIME_ZONE } as const;
  const named = (field: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-US", { ...options, ...field }).format(askedAt);
  const ordinal = ORDINALS.split(" ")[Number(named({ day: "numeric" })) - 1];
  return [`It's ${named({ weekday: "long" })}, ${named({ month: "long" })} ${ordinal}.`];
}
