import type { Engines } from "#adapters/engine-host/engines.ts";
import { findModels, modelRoots, readyModel } from "#adapters/models/resolve.ts";
import { sharedModels } from "#adapters/models/shared-dir.ts";
import { englishCommands } from "#assistant/command-grammar.ts";
import type { Config } from "#config/schema.ts";
import { toJsgf } from "#core/grammar-export.ts";
import { loadEngines } from "./engine-host-engines.ts";

/** Where installed models are, and where engines may unpack themselves. */
export interface EnginePlaces {
  readonly dataDir: string;
  readonly cacheDir: string;
}

/** Load every engine that is configured and installed into this process, as an engine host does. */
export async function loadInstalled({ engines, assistant }: Config, places: EnginePlaces): Promise<Engines> {
  const modelPlaces = { env: process.env, dataDir: places.dataDir, sharedDir: sharedModels() };
  const models = findModels(modelPlaces);
  const wakeModel = readyModel(models, "wake", assistant.language);
  const sttModel = readyModel(models, "stt", assistant.language);
  // As the hub decides: sherpa reads beside Hearth's own engine only with a model of its own.
  const own = wakeModel !== undefined && engines.stt.includes("hearth");
  const loads = {
    hearth: wakeModel !== undefined,
    sherpa: sttModel !== undefined && !(own && sttModel.folder === wakeModel.folder),
    pocketsphinx: true,
  };
  const tts = engines.tts.filter((name) => name !== "sherpa" || readyModel(models, "tts") !== undefined);
  return await loadEngines({
    role: "hearing",
    cacheDir: places.cacheDir,
    models: {
      wake: { ...wakeModel?.files },
      stt: { ...sttModel?.files },
      tts: { voices: modelRoots(modelPlaces)[0] ?? "" },
    },
    vad: "silero",
    wake: engines.hearing === "auto" ? (wakeModel ? "hearth" : "pocketsphinx") : engines.hearing,
    stt: engines.stt.filter((name) => loads[name]),
    tts,
    grammar: toJsgf(englishCommands().grammar),
  });
}
