import { z } from "zod";
import { eventTypes } from "./event-sections.ts";
import { secretText } from "./secret.ts";

const tokenId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9._:-]+$/, "may hold letters, digits and . _ : - only")
  .describe("Whose token it is. A satellite that shows the token has this identity.");

const NamedToken = z.strictObject({
  id: tokenId,
  token: secretText.optional(),
  token_file: z
    .string()
    .min(1)
    .optional()
    .describe("A file that holds the token, instead of `token`. Relative to the configuration file."),
});

const NamedFeedToken = NamedToken.extend({
  types: eventTypes
    .optional()
    .describe("The types of event this token may read, where * stands for any characters. Left out: all."),
});

const access = z.enum(["open", "token"]).optional();

/** The `hub` section. */
export const Hub = z
  .strictObject({
    name: z.string().min(1).max(63).default("hearth").describe("What this hub calls itself on the network."),
  })
  .describe("The hub itself.");

/** The `server` section. */
export const Server = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(253)
      .default("127.0.0.1")
      .describe("Address to listen on. 127.0.0.1 admits this machine only; 0.0.0.0 admits the network."),
    port: z.int().min(0).max(65_535).default(8765).describe("Port to listen on. 0 takes any free one."),
    allowed_hosts: z
      .array(z.string().min(1).max(253))
      .max(64)
      .default([])
      .describe("Host names the hub is reached by, besides localhost and its addresses; others are refused."),
    allowed_origins: z
      .array(z.url().max(300))
      .max(64)
      .default([])
      .describe("Web pages that may talk to the hub, besides its own, such as https://panel.example:8443."),
  })
  .describe("Where satellites, clients and feeds connect.");

/** The `security` section. */
export const Security = z
  .strictObject({
    satellites: access.describe(
      "Whether a satellite needs a token. Left out: `open` when the server listens on a loopback address, else `token`.",
    ),
    satellite_tokens: z.array(NamedToken).default([]).describe("The tokens satellites connect with."),
    events: access.describe(
      "Whether a reader of the event feed needs a token. Left out: `open` on a loopback address, else `token`.",
    ),
    feed_tokens: z
      .array(z.union([secretText, NamedFeedToken]))
      .default([])
      .describe("The tokens readers of the event feed connect with: plain tokens, or with an id."),
  })
  .describe("Who may connect.");

/** The `wake` section. */
export const Wake = z
  .strictObject({
    phrases: z
      .array(
        z.union([
          z
            .string()
            .min(1)
            .max(64)
            .transform((text) => ({ text, sensitivity: 0.5 })),
          z.strictObject({
            text: z.string().min(1).max(64).describe("The phrase as a person writes it: letters and spaces."),
            sensitivity: z
              .number()
              .min(0)
              .max(1)
              .default(0.5)
              .describe("0 hardly ever fires, 1 fires easily, 0.5 is the measured default."),
          }),
        ]),
      )
      .max(16)
      .prefault(["hey tars"])
      .describe(
        "What to say to begin a turn, where `wake` is `hub`. Two or three syllables or more work best. What `hearth wake` has set (wake.json in the data directory) wins over this.",
      ),
    best_room: z
      .boolean()
      .default(true)
      .describe(
        "When several satellites hear one wake, let the one that heard it best answer, and only that one.",
      ),
  })
  .describe("Wake phrases the hub listens for.");

/** The `turn` section. */
export const Turn = z
  .strictObject({
    no_speech_ms: z
      .int()
      .min(1000)
      .max(60_000)
      .default(5000)
      .describe(
        "How long to wait for speech after the wake, in milliseconds, before saying that nothing came.",
      ),
    max_utterance_ms: z
      .int()
      .min(1000)
      .max(120_000)
      .default(15_000)
      .describe(
        "The longest that one may speak in one go, in milliseconds; what was said by then is answered.",
      ),
    deadline_ms: z
      .int()
      .min(1000)
      .max(600_000)
      .default(30_000)
      .describe("How long the answer may take to begin, in milliseconds, before an error is spoken instead."),
    pre_roll_ms: z
      .int()
      .min(0)
      .max(2000)
      .default(500)
      .describe("How much sound from before the wake is kept, in milliseconds, so that no word is cut."),
  })
  .describe("Limits of one spoken turn.");

/** The `engines` section. */
export const Engines = z
  .strictObject({
    hearing: z
      .enum(["auto", "hearth", "sherpa", "pocketsphinx", "none"])
      .default("auto")
      .describe(
        "What listens for wake phrases. `auto` takes Hearth's own when its model is there, else PocketSphinx.",
      ),
    stt: z
      .array(z.enum(["hearth", "sherpa", "pocketsphinx"]))
      .default(["hearth", "sherpa", "pocketsphinx"])
      .describe("Speech recognisers; the first that works is used, the others stand in when it fails."),
    llm: z
      .array(z.string())
      .max(0, "names a language model, but none is built in; leave the list empty")
      .default([])
      .describe("Language models for what the built-in commands do not answer. None is built in."),
    tts: z
      .array(z.enum(["sherpa", "espeak"]))
      .default(["sherpa", "espeak"])
      .describe("Voices' engines; the first that works is used, the others stand in when it fails."),
    voice: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("The voice to speak with, as its engine names it. Left out: the engine's own default."),
    host: z
      .strictObject({
        memory_limit_mb: z
          .int()
          .min(100)
          .max(65_536)
          .default(700)
          .describe("Resident memory above which the engine process is replaced between turns, in MiB."),
        idle_minutes: z
          .int()
          .min(1)
          .max(1440)
          .default(10)
          .describe("Minutes without use after which a voice is unloaded."),
        run_with: z
          .array(z.string().min(1).max(1024))
          .max(32)
          .default([])
          .describe("A program, with its arguments, to start that process through, such as [nice, -n, 5]."),
      })
      .prefault({})
      .describe("The process that runs the speech engines."),
  })
  .describe("Which engines do the work, in order of preference.");

/** The `assistant` section. */
export const Assistant = z
  .strictObject({
    language: z
      .string()
      .refine(isLanguage, "is not a language tag; write for example en or de-AT")
      .default("en")
      .describe("Language spoken at home, as a BCP 47 tag."),
    time_zone: z
      .string()
      .refine(isTimeZone, "is not a time zone; write for example Europe/Vienna")
      .optional()
      .describe("IANA time zone of the home. Left out: the system's."),
    clock: z
      .union([z.literal(12), z.literal(24)])
      .default(12)
      .describe("Whether times are spoken on the 12 or the 24 hour clock."),
    units: z.enum(["metric", "imperial"]).default("metric").describe("Units of measure in answers."),
  })
  .describe("How the assistant speaks.");

/** The `journal` section. */
export const Journal = z
  .strictObject({
    retention_days: z.int().min(1).max(3650).default(30).describe("How many days events are kept."),
    max_mb: z
      .int()
      .min(16)
      .max(1_048_576)
      .default(512)
      .describe("The most that stored events may take, in MiB; the oldest go first."),
  })
  .describe("The stored events.");

/** The `log` section. */
export const LogSection = z
  .strictObject({
    level: z
      .enum(["debug", "info", "warn", "error"])
      .default("info")
      .describe("The least important lines that are still logged. What people say is never logged."),
  })
  .describe("The log on standard error.");

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
