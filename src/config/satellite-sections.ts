import { z } from "zod";
import { oneOrMore } from "./one-or-more.ts";

const WakeSource = z.enum(["hub", "on-device", "button", "always"]);

/** How a satellite's turns begin: who may say so. */
type WakeSource = z.output<typeof WakeSource>;

const wake = oneOrMore(WakeSource).describe(
  "What begins a turn; one or several. `hub`: the hub hears a wake phrase. `on-device`: the satellite says that it " +
    "heard one. `button`: its button. `always`: any speech.",
);

const silenceMs = z
  .int()
  .min(200)
  .max(3000)
  .describe(
    "Silence that ends what is being said, in milliseconds. Below about 400 people are cut off mid-thought.",
  );

const followUp = z
  .enum(["asked", "always", "never"])
  .describe("When to listen on without a wake phrase after a reply: after a question, always or never.");

const followUpMs = z
  .int()
  .min(1000)
  .max(60_000)
  .describe("How long to listen on after a reply, in milliseconds.");

const volume = z
  .number()
  .min(0)
  .max(1)
  .describe("Loudness set when a satellite connects, 0 to 1. Left out, each satellite keeps its own.");

const SatelliteDefaults = z
  .strictObject({
    wake: wake.prefault(["hub", "on-device", "button"]),
    silence_ms: silenceMs.default(700),
    follow_up: followUp.default("asked"),
    follow_up_ms: followUpMs.default(8000),
    volume: volume.optional(),
  })
  .describe("What holds for every satellite that has no setting of its own.");

const SatelliteOverride = z
  .strictObject({
    name: z.string().min(1).max(63).optional().describe("What people call it."),
    room: z.string().min(1).max(63).optional().describe("The room it stands in."),
    wake: wake.optional(),
    silence_ms: silenceMs.optional(),
    follow_up: followUp.optional(),
    follow_up_ms: followUpMs.optional(),
    volume: volume.optional(),
  })
  .describe("Settings of one satellite; what is left out comes from `satellites.defaults`.");

/** The `satellites` section. */
export const Satellites = z
  .strictObject({
    max: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe(
        "How many may be connected at once. The next one is told 'Service busy' and closed with 1013.",
      ),
    defaults: SatelliteDefaults.prefault({}),
    by_id: z
      .record(z.string().min(1).max(128), SatelliteOverride)
      .default({})
      .describe("Settings of single satellites, by their id."),
  })
  .describe("The satellites: microphones and loudspeakers in the rooms.");

/** What holds for one satellite after defaults and its own settings are merged. */
export interface SatelliteSettings {
  readonly name: string | undefined;
  readonly room: string | undefined;
  readonly wake: readonly WakeSource[];
  readonly silence_ms: number;
  readonly follow_up: "asked" | "always" | "never";
  readonly follow_up_ms: number;
  /** 0..1, or `undefined` to leave the satellite's own. */
  readonly volume: number | undefined;
}

/** The settings of one satellite: its own first, then the defaults. */
export function satelliteSettings(
  satellites: z.output<typeof Satellites>,
  satelliteId: string,
): SatelliteSettings {
  const { defaults } = satellites;
  const own = Object.hasOwn(satellites.by_id, satelliteId) ? satellites.by_id[satelliteId] : undefined;
  return {
    name: own?.name,
    room: own?.room,
    wake: own?.wake ?? defaults.wake,
    silence_ms: own?.silence_ms ?? defaults.silence_ms,
    follow_up: own?.follow_up ?? defaults.follow_up,
    follow_up_ms: own?.follow_up_ms ?? defaults.follow_up_ms,
    volume: own?.volume ?? defaults.volume,
  };
}
