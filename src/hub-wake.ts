import { readFileSync, renameSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Hono } from "hono";
import { z } from "zod";
import { type ModelStatus, readyModel } from "#adapters/models/resolve.ts";
import type { DataDir } from "#adapters/system/data-dir.ts";
import { readSpelling } from "#adapters/transducer/read-spelling.ts";
import { isLoopback } from "#config/load.ts";
import { satelliteSettings } from "#config/satellite-sections.ts";
import type { Config } from "#config/schema.ts";
import { MAX_WAKE_PHRASE_LENGTH, MAX_WAKE_PHRASES } from "#core/wake-phrases.ts";
import { rateWakePhrase } from "#core/wake-rating.ts";
import type { Ear, Hearing } from "#ports/hearing.ts";
import type { Log } from "#ports/log.ts";
import type { WakePhrase } from "#ports/wake-word.ts";
import { mountWake, type WakeReport } from "#web/wake-route.ts";

/** `wake.json` in the data directory. */
const WakeFile = z.strictObject({
  phrases: z
    .array(
      z.strictObject({
        text: z.string().min(1).max(MAX_WAKE_PHRASE_LENGTH),
        sensitivity: z.number().min(0).max(1),
      }),
    )
    .max(MAX_WAKE_PHRASES),
});

export interface HubWakeDeps {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly models: readonly ModelStatus[];
  readonly hearing: Hearing;
  readonly log: Log;
}

/** What wakes the satellites of a running hub. */
export interface HubWake {
  /** The hearing, whose ears listen for the phrases of now, whatever those are that they are opened with. */
  readonly hearing: Hearing;
  /** Add the routes of the phrases to the hub's own. */
  mount(app: Hono): void;
}

/**
 * The phrases that can be changed while the hub runs.
 *
 * They are those of `wake.json` in the data directory once somebody has set any, and the configuration's until then;
 * removing the file goes back to those. A change reaches every ear before it is answered, and survives a restart.
 */
export async function startWake(deps: HubWakeDeps): Promise<HubWake> {
  const { config, log } = deps;
  const path = deps.dataDir.join("wake.json");
  const saved = savedPhrases(path, log);
  let report: WakeReport = saved
    ? { phrases: saved, from: "saved" }
    : { phrases: [...config.wake.phrases], from: "configuration" };
  const ears = new Set<Ear>();
  const { tokens, unigramScores } = readyModel(deps.models, "wake", config.assistant.language)?.files ?? {};
  const spelling = tokens && unigramScores ? await readSpelling(tokens, unigramScores) : undefined;

  // One writer at a time: the last one set is the one that is kept.
  let writing: Promise<void> = Promise.resolve();
  const set = (phrases: readonly WakePhrase[]): Promise<void> => {
    const written = writing.then(async () => {
      await writeFile(`${path}.new`, `${JSON.stringify({ phrases }, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      report = { phrases: [...phrases], from: "saved" };
      for (const ear of ears) ear.setPhrases(phrases);
    });
    writing = written.catch(() => undefined);
    return written;
  };

  return {
    hearing: listeningFor(deps.hearing, config, ears, () => report.phrases),
    mount: (app) =>
      mountWake(app, {
        isLocal: isLoopback(config.server.host),
        report: () => report,
        set,
        rate: (phrase) => rateWakePhrase(phrase, (text) => spelling?.spell(text)),
      }),
  };
}

function listeningFor(
  hearing: Hearing,
  config: Config,
  ears: Set<Ear>,
  phrases: () => readonly WakePhrase[],
): Hearing {
  return {
    name: hearing.name,
    setVocabulary: (vocabulary) => hearing.setVocabulary?.(vocabulary),
    open(options) {
      const isWoken = satelliteSettings(config.satellites, options.satelliteId).wake.includes("hub");
      if (!isWoken) return hearing.open(options);
      const ear = hearing.open({ ...options, phrases: phrases() });
      ears.add(ear);
      options.signal.addEventListener("abort", () => ears.delete(ear), { once: true });
      return ear;
    },
  };
}

/** The phrases that were saved; undefined when none were, or when they cannot be read. */
function savedPhrases(path: string, log: Log): WakePhrase[] | undefined {
  try {
    return WakeFile.parse(JSON.parse(readFileSync(path, "utf8"))).phrases;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    log.error("wake.json cannot be used; the phrases of the configuration hold", { path });
    return undefined;
  }
}
