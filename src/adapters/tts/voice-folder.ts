import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** A sherpa-onnx voice on disk, recognised by the files it consists of. */
export interface VoiceFolder {
  readonly id: string;
  /** BCP 47, from the Piper description or the folder's name; `und` when neither tells. */
  readonly language: string;
  /** The model section of sherpa-onnx's configuration. */
  readonly model: object;
}

/**
 * Recognise a VITS, Piper, Matcha, Kokoro or Kitten voice as sherpa-onnx releases them, unpacked.
 *
 * `shared` is the folder above, where a vocoder (Matcha) and `espeak-ng-data` may lie for all voices. Undefined
 * when a part is missing: sherpa-onnx would end the process over it.
 */
export async function voiceFolder(folder: string, shared: string): Promise<VoiceFolder | undefined> {
  const id = basename(folder);
  const names = existsSync(join(folder, "tokens.txt")) ? readdirSync(folder).sort() : [];
  const models = names.filter((name) => name.endsWith(".onnx"));
  const isVocoder = (name: string) => /^(vocos|hifigan).*\.onnx$/.test(name);
  const main = models.find((name) => !isVocoder(name));
  if (main === undefined) return undefined;

  const dataDir = [folder, shared]
    .map((place) => join(place, "espeak-ng-data"))
    .find((place) => existsSync(join(place, "phontab")));
  const lexicon = names.filter((name) => /^lexicon.*\.txt$/.test(name)).map((name) => join(folder, name));
  // How letters become sounds: without either no voice can speak.
  if (dataDir === undefined && lexicon.length === 0) return undefined;
  const common = {
    tokens: join(folder, "tokens.txt"),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(lexicon.length === 0 ? {} : { lexicon: lexicon.join(",") }),
  };

  const language = await languageOf(folder, main);
  const model = join(folder, main);
  if (names.includes("voices.bin")) {
    const section = { model, voices: join(folder, "voices.bin"), ...common };
    return { id, language, model: id.startsWith("kitten") ? { kitten: section } : { kokoro: section } };
  }
  if (/^model-steps/.test(main)) {
    const vocoder = [folder, shared]
      .flatMap((place) =>
        readdirSync(place)
          .filter(isVocoder)
          .sort()
          .map((name) => join(place, name)),
      )
      .at(0);
    if (vocoder === undefined) return undefined;
    return { id, language, model: { matcha: { acousticModel: model, vocoder, ...common } } };
  }
  return { id, language, model: { vits: { model, ...common } } };
}

/** Piper voices carry `<model>.onnx.json` with `language.code`; others have their language in the name. */
async function languageOf(folder: string, model: string): Promise<string> {
  const description: unknown = await Bun.file(join(folder, `${model}.json`))
    .json()
    .catch(() => undefined);
  const code = /"code":"([a-z]{2,3}(?:_[A-Z]{2})?)"/.exec(JSON.stringify(description ?? {}))?.[1];
  const named = /(?:^|-)([a-z]{2}(?:_[A-Z]{2})?)(?:-|$)/.exec(basename(folder))?.[1];
  return (code ?? named ?? "und").replace("_", "-");
}
