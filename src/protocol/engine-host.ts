import { z } from "zod";
import type { PcmFrame } from "#core/pcm.ts";

/**
 * What the hub and its engine host say to each other over the child's stdin and stdout.
 *
 * Every message belongs to a stream: 0 is the host itself, any other number is one ear, one utterance being
 * transcribed or one text being spoken, chosen by the hub, rising, never used twice within one child. Payloads of
 * the hot path are binary, the rest is JSON. Both ends are the same executable, so there is no version.
 */

/** Frames that may be under way to one ear or one utterance before `consumed` comes back: 2 s. */
export const WINDOW_FRAMES = 100;
/** Samples that may be under way from one `speak` before `consumed` comes back: 5 s at 16 kHz. */
export const WINDOW_SAMPLES = 80_000;

/** What a host works for. Hearing is always on; speech may compute for long, and ends when idle. */
export const HostRole = z.enum(["hearing", "speech"]);
export type HostRole = z.infer<typeof HostRole>;

const Paths = z.record(z.string(), z.string());

/** Which engines a host loads, and from where. */
export const HostConfiguration = z.strictObject({
  role: HostRole,
  /** Where engines may keep what they extract or write; absolute. */
  cacheDir: z.string(),
  /** Absolute paths of verified model files, for each role by the key its engine knows. */
  models: z
    .strictObject({ wake: z.exactOptional(Paths), stt: z.exactOptional(Paths), tts: z.exactOptional(Paths) })
    .default({}),
  vad: z.enum(["silero", "none"]).default("none"),
  wake: z.enum(["hearth", "sherpa", "pocketsphinx", "none"]).default("none"),
  /** In order of preference; the first that loads answers calls that name none. */
  stt: z.array(z.enum(["hearth", "sherpa", "pocketsphinx"])).default([]),
  tts: z.array(z.enum(["sherpa", "espeak"])).default([]),
  /** JSGF grammar of every command, for recognisers that decode one. */
  grammar: z.exactOptional(z.string()),
});
export type HostConfiguration = z.infer<typeof HostConfiguration>;

const Phrases = z.array(z.object({ text: z.string(), sensitivity: z.number() })).readonly();
const Fault = z.enum(["unavailable", "unreachable", "crashed", "timeout", "refused", "rejected", "protocol"]);
const Words = z.array(z.object({ text: z.string(), startMs: z.number() })).readonly();

/** What a host can do, once it has loaded. */
export const HostEngines = z.object({
  /** Name of the loaded detector, absent when there is none. */
  vad: z.exactOptional(z.string()),
  wake: z.exactOptional(z.string()),
  /** Whether ears can read utterances. */
  utterances: z.boolean().default(false),
  stt: z.array(z.string()),
  tts: z.array(z.string()),
  voices: z.array(z.object({ engine: z.string(), id: z.string(), language: z.string(), name: z.string() })),
  /** Engines that were asked for and did not load: a sentence each, for the owner. */
  problems: z.array(z.string()),
});
export type HostEngines = z.infer<typeof HostEngines>;

/** What is said in the house: `CommandVocabulary` of core/transducer. */
const Vocabulary = z.object({
  grammar: z.object({
    intents: z.array(z.object({ name: z.string(), templates: z.array(z.string()).readonly() })).readonly(),
    rules: z.exactOptional(z.record(z.string(), z.string())),
    before: z.exactOptional(z.string()),
    after: z.exactOptional(z.string()),
  }),
  names: z.exactOptional(z.record(z.string(), z.array(z.string()).readonly())),
  spellings: z.exactOptional(z.record(z.string(), z.array(z.string()).readonly())),
});

const Command = z.object({
  intent: z.string(),
  slots: z.record(z.string(), z.string()),
  text: z.string(),
  llr: z.number(),
});

const SttPart = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("interim"),
    text: z.string(),
    confidence: z.number(),
    words: z.exactOptional(Words),
    completeness: z.exactOptional(z.enum(["closed", "extensible", "open"])),
  }),
  z.object({
    kind: z.literal("final"),
    text: z.string(),
    confidence: z.number(),
    language: z.exactOptional(z.string()),
    words: z.exactOptional(Words),
    command: z.exactOptional(Command),
  }),
]);

/** Shapes of the JSON payloads, by message kind. */
export const JSON_PAYLOADS = {
  configure: z.object({ configuration: HostConfiguration }),
  "open-ear": z.object({ phrases: Phrases }),
  "set-phrases": z.object({ phrases: Phrases }),
  "set-vocabulary": z.object({ vocabulary: Vocabulary }),
  "open-utterance": z.object({
    ear: z.number(),
    fromSample: z.number(),
    language: z.exactOptional(z.string()),
  }),
  "open-stt": z.object({ engine: z.exactOptional(z.string()), language: z.exactOptional(z.string()) }),
  speak: z.object({
    text: z.string(),
    engine: z.exactOptional(z.string()),
    voice: z.exactOptional(z.string()),
  }),
  ready: z.object({ engines: HostEngines }),
  wake: z.object({
    phrase: z.string(),
    score: z.number(),
    startSample: z.number(),
    endSample: z.number(),
  }),
  "wake-score": z.object({
    phrase: z.string(),
    score: z.number(),
    threshold: z.number(),
    endSample: z.number(),
  }),
  "stt-part": z.object({ part: SttPart }),
  error: z.object({ fault: Fault, detail: z.string() }),
} as const;

/** Messages whose payload is JSON. */
export type JsonKind = keyof typeof JSON_PAYLOADS;
type JsonMessage<K extends JsonKind> = K extends JsonKind
  ? { readonly kind: K; readonly stream: number } & Readonly<z.infer<(typeof JSON_PAYLOADS)[K]>>
  : never;

interface Consumed {
  /** Hub to host: samples of speech taken by the caller. Host to hub: frames the engine has analysed. */
  readonly kind: "consumed";
  readonly stream: number;
  readonly amount: number;
}

/** Hub to host. */
export type HubMessage =
  /** Load engines; exactly once, first, on stream 0. Answered by `ready`. */
  | JsonMessage<"configure">
  /** Open an ear: voice activity, and wake while `phrases` is not empty. It lives until `close`. */
  | JsonMessage<"open-ear">
  /** Listen for other phrases from the next frame on. */
  | JsonMessage<"set-phrases">
  /** The commands of utterances begun from now on. Answered by `done`, or `error` when the grammar is at fault. */
  | JsonMessage<"set-vocabulary">
  /** Begin an utterance on the ear with that stream. Answered by `stt-part`s and `done`, or `error`. */
  | JsonMessage<"open-utterance">
  /** One frame for an ear; `firstSample` is on the session's count. */
  | {
      readonly kind: "ear-frame";
      readonly stream: number;
      readonly firstSample: number;
      readonly pcm: PcmFrame;
    }
  /** Begin an utterance. Answered by `stt-part`s and `done`, or `error`. */
  | JsonMessage<"open-stt">
  | { readonly kind: "stt-frame"; readonly stream: number; readonly pcm: PcmFrame }
  /** The utterance is over; the final part follows. On an ear, frames sent before belong to it. */
  | { readonly kind: "finish-stt"; readonly stream: number }
  /** Speak a text. Answered by `audio`s and `done`, or `error`. */
  | JsonMessage<"speak">
  | Consumed
  /** Stop whatever the stream is doing and forget it. Nothing is answered. */
  | { readonly kind: "close"; readonly stream: number }
  /** Are you there? Answered by `pong` with the same id, in between other work. */
  | { readonly kind: "ping"; readonly stream: number; readonly id: number };

/** Host to hub. */
export type HostMessage =
  | JsonMessage<"ready">
  /** A voice-activity window of an ear is complete. */
  | {
      readonly kind: "voice";
      readonly stream: number;
      readonly score: number;
      readonly endSample: number;
    }
  | JsonMessage<"wake">
  /** How near an ear's phrases came. */
  | JsonMessage<"wake-score">
  | JsonMessage<"stt-part">
  /** Speech, s16le 16 kHz mono, any length up to half a second. */
  | { readonly kind: "audio"; readonly stream: number; readonly samples: Int16Array }
  /** The stream ended well. */
  | { readonly kind: "done"; readonly stream: number }
  /** The stream failed and is over, except on an ear, where the rest of it goes on. */
  | JsonMessage<"error">
  | Consumed
  /** `rssBytes` is the child's resident memory. */
  | { readonly kind: "pong"; readonly stream: number; readonly id: number; readonly rssBytes: number };
