import { z } from "zod";

/**
 * The satellite link: binary frames are raw PCM s16le 16 kHz mono both ways, text frames are
 * `{type, payload}`. A second dialect (the Pi client's flat JSON, no payload) is read into the same messages.
 * docs/protocol.md describes every message with an example.
 */

/** Version of Hearth's additions to the link, as exchanged in `hello`. */
export const SATELLITE_PROTOCOL = 1;

const Id = z.string().min(1).max(128);

/** What a satellite says of itself. Every field is optional on the wire; absent ones take these defaults. */
export const SatelliteHello = z.object({
  protocol: z.int().min(1).default(SATELLITE_PROTOCOL),
  id: Id.optional(),
  name: z.string().max(128).optional(),
  room: z.string().max(128).optional(),
  firmware: z.string().max(128).optional(),
  /** Audio the speaker can hold, in ms. The plan's ESP32 holds 1.57 s; 500 ms is what ESPHome boards hold. */
  speaker_buffer_ms: z.int().min(20).max(60_000).default(500),
  capabilities: z.array(z.string().max(32)).max(32).default([]),
});
export type SatelliteHello = z.infer<typeof SatelliteHello>;

export const SatelliteEvent = z.object({
  source: z.string().min(1).max(64),
  action: z.string().min(1).max(64),
  /** On-device wake: the phrase and its score. */
  phrase: z.string().max(128).optional(),
  score: z.number().optional(),
});
export type SatelliteEvent = z.infer<typeof SatelliteEvent>;

export const ClientStatus = z.object({
  uptime_ms: z.number().min(0),
  heap_free: z.number().min(0),
  wifi_rssi: z.number(),
  /** Hearth's addition: 0..1. */
  battery: z.number().min(0).max(1).optional(),
});
export type ClientStatus = z.infer<typeof ClientStatus>;

const SatelliteMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("client_status"), payload: ClientStatus }),
  z.object({ type: z.literal("event"), payload: SatelliteEvent }),
  z.object({ type: z.literal("hello"), payload: SatelliteHello }),
  z.object({
    type: z.literal("playback_position"),
    payload: z.object({ turn: Id, samples: z.number().min(0) }),
  }),
  z.object({ type: z.literal("playback_complete"), payload: z.object({ turn: Id.optional() }) }),
  z.object({
    type: z.literal("image"),
    payload: z.object({
      /** The `request` of the `capture_image` command this answers. */
      request: Id.optional(),
      data: z.base64().optional(),
      /** Read and refused: the hub fetches nothing that a satellite names. */
      url: z.url({ protocol: /^https?$/ }).optional(),
      mime: z.string().max(64).default("image/jpeg"),
    }),
  }),
  /** Something typed at the satellite, to be treated as an utterance. */
  z.object({ type: z.literal("text"), payload: z.object({ text: z.string().min(1).max(2000) }) }),
  z.object({ type: z.literal("session_end"), payload: z.object({}) }),
]);
export type SatelliteMessage = z.infer<typeof SatelliteMessage>;

const SATELLITE_TYPES: ReadonlySet<string> = new Set(
  SatelliteMessage.options.map((option) => option.shape.type.value),
);

/** A text frame, understood or not. `problem` never quotes what the satellite sent. */
export type ParsedSatelliteText =
  | { readonly ok: true; readonly message: SatelliteMessage; readonly dialect: "payload" | "flat" }
  | { readonly ok: false; readonly problem: string };

/** Flat JSON of the Pi client: type only, and no payload. */
const FLAT: Readonly<Record<string, SatelliteMessage>> = {
  hotword_detected: { type: "event", payload: { source: "wake", action: "detected" } },
  playback_complete: { type: "playback_complete", payload: {} },
  session_end: { type: "session_end", payload: {} },
};

/**
 * Read one text frame.
 *
 * Never throws: text that is not JSON, has no type, an unknown type or a bad payload is returned as a problem, to
 * be counted while the connection stays.
 */
export function parseSatelliteText(text: string): ParsedSatelliteText {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problem: "not JSON" };
  }
  if (typeof json !== "object" || json === null || !("type" in json) || typeof json.type !== "string") {
    return { ok: false, problem: 'no "type"' };
  }
  if (!("payload" in json)) {
    const flat = Object.hasOwn(FLAT, json.type) ? FLAT[json.type] : undefined;
    if (flat) return { ok: true, message: flat, dialect: "flat" };
    if (SATELLITE_TYPES.has(json.type)) return { ok: false, problem: 'no "payload"' };
    return { ok: false, problem: "unknown type" };
  }
  if (!SATELLITE_TYPES.has(json.type)) return { ok: false, problem: "unknown type" };
  const parsed = SatelliteMessage.safeParse(json);
  if (parsed.success) return { ok: true, message: parsed.data, dialect: "payload" };
  const where = parsed.error.issues[0]?.path.join(".") ?? "payload";
  return { ok: false, problem: `bad ${where}` };
}

/** Tones every satellite can play by name; the hub also sends them as PCM where a satellite cannot. */
const Tone = z.enum(["ack", "error", "done", "timer", "cancel"]);

const Colour = z.int().min(0).max(255);

/** A command to the satellite: `{type:"server_command", payload:{command, …}}`. */
export const ServerCommand = z.discriminatedUnion("command", [
  z.object({ command: z.literal("play_tone"), tone: Tone }),
  z.object({
    command: z.literal("set_led_color"),
    r: Colour,
    g: Colour,
    b: Colour,
    brightness: z.number().min(0).max(1).optional(),
  }),
  z.object({ command: z.literal("set_volume"), level: z.number().min(0).max(1) }),
  z.object({ command: z.literal("stop_playback"), turn: Id }),
  z.object({ command: z.literal("capture_image"), request: Id }),
  z.object({ command: z.literal("reboot"), delay_ms: z.int().min(0).optional() }),
  z.object({ command: z.literal("identify") }),
  z.object({ command: z.literal("pair"), token: z.string() }),
]);
export type ServerCommand = z.infer<typeof ServerCommand>;

/** Everything the hub sends as text. */
export const ServerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("server_command"), payload: ServerCommand }),
  z.object({
    type: z.literal("server_status"),
    payload: z.object({
      listening: z.boolean(),
      speaking: z.boolean(),
      state: z.string(),
      paired: z.boolean(),
    }),
  }),
  z.object({
    type: z.literal("hello"),
    payload: z.object({
      session: z.string(),
      protocol: z.int(),
      audio: z.object({ rate: z.int(), channels: z.int(), format: z.string(), frame_ms: z.int() }),
    }),
  }),
  z.object({
    type: z.literal("speech_start"),
    payload: z.object({ turn: Id, rate: z.int(), text: z.string().optional() }),
  }),
  z.object({ type: z.literal("speech_end"), payload: z.object({ turn: Id }) }),
  z.object({ type: z.literal("start_of_tts_stream") }),
  z.object({ type: z.literal("tts_stream_end") }),
  z.object({ type: z.literal("session_end") }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;
