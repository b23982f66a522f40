import { z } from "zod";
import { count, durable, duration, ephemeral, jsonObject, optional, ratio } from "./fields.ts";

const timer = { timer_id: z.string(), name: optional(z.string()), duration_ms: duration };

/** Hearth's own events, beside those of the original contract. */
export const hearthEvents = {
  wake_detected: durable(
    "A satellite was woken. `score` is 1 where nothing was guessed (a button, typed text).",
    {
      phrase: z.string(),
      score: ratio,
      source: z.enum(["hub", "on-device", "button", "always", "text", "follow-up"]),
    },
  ),
  wake_score: ephemeral(
    "How near a phrase came to waking a satellite, when that changes; it wakes from `threshold` on.",
    { phrase: z.string(), score: ratio, threshold: ratio },
  ),
  best_room: durable("Several satellites heard one wake; this one answers and the others stay silent.", {
    phrase: z.string(),
    held_ms: duration,
    claims: z.array(
      z.object({ satellite_id: z.string(), score: ratio, above_floor_db: z.number(), rank: ratio }),
    ),
  }),
  speech_start: ephemeral("Somebody began to speak in a turn that listens.", {}),
  speech_end: ephemeral("Somebody stopped speaking; `duration_ms` is how long they spoke.", {
    duration_ms: duration,
  }),
  turn_state: ephemeral("A satellite's session changed its state.", {
    state: z.enum(["idle", "listening", "thinking", "speaking"]),
    previous: z.enum(["idle", "listening", "thinking", "speaking"]),
  }),
  turn_end: durable("A turn is over. The segments are contiguous and sum to the total.", {
    reason: z.enum([
      "answered",
      "no-speech",
      "not-understood",
      "stopped",
      "barge-in",
      "failed",
      "disconnected",
      "deadline",
      "shutdown",
    ]),
    trace: z.object({
      total_ms: duration,
      segments: z.array(z.object({ name: z.string(), ms: duration })),
    }),
  }),
  barge_in: durable("A reply was interrupted after `played_ms` of it had been heard.", {
    by: z.enum(["wake", "button", "stop", "speech"]),
    played_ms: duration,
  }),

  satellite_connected: durable("A satellite made its link.", {
    name: optional(z.string()),
    room: optional(z.string()),
    remote_address: z.string(),
    dialect: z.enum(["hearth", "plain", "flat"]),
    firmware: optional(z.string()),
  }),
  satellite_disconnected: durable("A satellite's link is gone; code and reason are the socket's.", {
    code: z.int(),
    reason: z.string(),
  }),
  satellite_status: ephemeral("What a satellite reports of itself, and what its link has counted.", {
    uptime_ms: optional(duration),
    heap_free: optional(z.number()),
    wifi_rssi: optional(z.number()),
    battery: optional(ratio),
    audio_chunks_received: optional(count),
    audio_chunks_played: optional(count),
    total_audio_bytes_in: optional(count),
    total_audio_bytes_out: optional(count),
    messages_rejected: optional(count),
    frames_dropped: optional(count),
    error_count: optional(count),
    connection_time: optional(duration),
  }),
  satellite_event: durable("Something was done at a satellite: a button, a mute switch.", {
    source: z.string(),
    action: z.string(),
  }),

  decision: durable("Who answers an utterance, and why.", {
    by: z.enum(["intent", "model", "apology"]),
    intent: optional(z.string()),
    reason: z.string(),
  }),
  timer_set: durable("A timer was started.", timer),
  timer_rang: durable("A timer ran out.", timer),
  timer_cancelled: durable("A timer was given up before it ran out.", timer),

  app_started: durable("An app's session began.", { app: z.string(), name: optional(z.string()) }),
  app_stopped: durable("An app's session ended.", { app: z.string(), reason: z.string() }),
  display: ephemeral("Something is shown on a display.", {
    app: optional(z.string()),
    view: z.string(),
    layout: jsonObject,
  }),
  notification: durable("Something the people of the house should know.", {
    level: z.enum(["info", "warning", "error"]),
    text: z.string(),
  }),

  home_state: ephemeral("An entity of the house changed.", {
    entity_id: z.string(),
    state: z.string(),
    attributes: optional(jsonObject),
  }),
  home_command: durable("An entity of the house was told to do something.", {
    entity_id: z.string(),
    command: z.string(),
    parameters: jsonObject.default({}),
  }),

  approval_requested: durable("Something sensitive waits for a yes until `expires_at` (epoch seconds).", {
    approval_id: z.string(),
    action: z.string(),
    parameters: jsonObject,
    expires_at: z.number(),
  }),
  approval_resolved: durable("A request was answered, or ran out.", {
    approval_id: z.string(),
    outcome: z.enum(["approved", "denied", "expired"]),
    by: optional(z.string()),
  }),
  provider_state: durable("An engine changed its state.", {
    role: z.string(),
    engine: z.string(),
    state: z.enum(["ready", "starting", "restarting", "unavailable"]),
    detail: optional(z.string()),
  }),
  audit: durable("Who did what to what, and how it ended.", {
    actor: z.string(),
    action: z.string(),
    target: z.string(),
    outcome: z.string(),
  }),
} as const;
