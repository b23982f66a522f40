/** What a model is used for. */
export type ModelRole = "wake" | "stt" | "vad" | "tts";

/** One file of a model, as it lies in the model's folder. */
export interface ModelFile {
  /** What engines know it by: `encoder`, `decoder`, `joiner`, `tokens`, `bpe`, `unigramScores`, `model`, `data`. */
  readonly key: string;
  /** Names it may have inside the folder, the preferred one first; of a `tree` the folder's name. */
  readonly names: readonly [string, ...string[]];
  /** Lower-case hexadecimal; `undefined` where nobody has verified the model: see {@link ModelEntry.verified}. */
  readonly sha256?: string;
  /** Exact size; known exactly when the hash is. */
  readonly bytes?: number;
  /** Its path in the release, without the archive's outermost folder, where no hash tells it. */
  readonly released?: RegExp;
  /** Made from another file of the model after the download. */
  readonly made?: "repaired-encoder" | "scores-of-bpe";
  /** A folder with everything in it. */
  readonly tree?: true;
}

/** Where a model comes from. */
type ModelSource =
  /** A tar.bz2 of the project's own release page. */
  | { readonly kind: "archive"; readonly url: string }
  /** Part of Hearth: nothing to fetch. */
  | { readonly kind: "bundled"; readonly note: string };

/** One model Hearth can use. */
export interface ModelEntry {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly ModelRole[];
  /** BCP 47; empty where language does not matter. */
  readonly languages: readonly string[];
  readonly licence: string;
  /** The folder it lies in, below the folder of all models. */
  readonly folder: string;
  /** About how many bytes the download has; for people. */
  readonly downloadBytes: number;
  readonly source: ModelSource;
  readonly files: readonly ModelFile[];
  /**
   * What was seen to work, or `undefined` where nobody has tried: then hashes are unknown, the first download is
   * trusted as HTTPS is, its hashes are recorded beside it, and every later use is held to those.
   */
  readonly verified?: string;
}

/** The keyword spotter's encoder as released: it aborts the process that runs it, and is never loaded. */
export const UPSTREAM_KWS_ENCODER = {
  sha256: "7d5a25fbc14b423074fe0c58e1be388ccf3f1a815c649980232a0c47f81875e4",
  bytes: 4_000_908,
} as const;

const RELEASES = "https://github.com/k2-fsa/sherpa-onnx/releases/download";

/** Piper voices all have the same three parts. */
function piper(id: string, voice: string, name: string, language: string): ModelEntry {
  return {
    id,
    name,
    roles: ["tts"],
    languages: [language],
    licence: "the voice's own: see MODEL_CARD in its folder",
    folder: `vits-piper-${voice}`,
    downloadBytes: 64_000_000,
    source: { kind: "archive", url: `${RELEASES}/tts-models/vits-piper-${voice}.tar.bz2` },
    files: [
      { key: "model", names: [`${voice}.onnx`], released: new RegExp(`^${voice}\\.onnx$`) },
      { key: "tokens", names: ["tokens.txt"], released: /^tokens\.txt$/ },
      { key: "data", names: ["espeak-ng-data"], released: /^espeak-ng-data\//, tree: true },
    ],
  };
}

function zipformer(model: {
  id: string;
  name: string;
  languages: string[];
  folder: string;
  mb: number;
}): ModelEntry {
  return {
    id: model.id,
    name: model.name,
    roles: ["stt"],
    languages: model.languages,
    licence: "Apache-2.0",
    folder: model.folder,
    downloadBytes: model.mb * 1_000_000,
    source: { kind: "archive", url: `${RELEASES}/asr-models/${model.folder}.tar.bz2` },
    // Chunk 16, left context 128: the releases hold several exports, of which this is the most exact.
    files: [
      { key: "encoder", names: ["encoder.int8.onnx"], released: /^encoder-.*left-128\.int8\.onnx$/ },
      { key: "decoder", names: ["decoder.onnx"], released: /^decoder-.*left-128\.onnx$/ },
      { key: "joiner", names: ["joiner.int8.onnx"], released: /^joiner-.*left-128\.int8\.onnx$/ },
      { key: "tokens", names: ["tokens.txt"], released: /^tokens\.txt$/ },
    ],
  };
}

/** The id of the one model that is verified and pulled when nobody names another. */
export const DEFAULT_MODEL = "kws-gigaspeech-3.3m";

/** Every model Hearth knows. */
export const catalogue: readonly ModelEntry[] = [
  {
    id: DEFAULT_MODEL,
    name: "Zipformer 3.3M GigaSpeech, mobile int8",
    roles: ["wake", "stt"],
    languages: ["en"],
    licence: "Apache-2.0",
    folder: "sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile",
    downloadBytes: 5_500_000,
    source: {
      kind: "archive",
      url: `${RELEASES}/kws-models/sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile.tar.bz2`,
    },
    files: [
      {
        key: "encoder",
        names: ["encoder.int8.fixed.onnx", "encoder.int8.onnx"],
        sha256: "dbf6c1a2516a3b4d1a85ab235dddd326f52734fcf53481462caa8abf08a84bf5",
        bytes: 3_998_831,
        made: "repaired-encoder",
      },
      {
        key: "decoder",
        names: ["decoder.onnx"],
        sha256: "f61ebd3eed3773a44d088d53dfae92dbb6aec4839f4dcaee2d402414741663a3",
        bytes: 1_063_189,
      },
      {
        key: "joiner",
        names: ["joiner.int8.onnx"],
        sha256: "eae9da0c7e1e6c6a3f4cc42d167899c388f6c6701b94cb96320e4f55df79624c",
        bytes: 163_380,
      },
      {
        key: "tokens",
        names: ["tokens.txt"],
        sha256: "fd2ded4050a55d2b1578870ba8697d02371980217806b7558bd0a5cc60f3ba53",
        bytes: 5006,
      },
      {
        key: "bpe",
        names: ["bpe.model"],
        sha256: "c8a2a0129c4ab8e463164c142f82d25649661b122c8cd0b7aab5c9e80b90ad24",
        bytes: 244_837,
      },
      {
        key: "unigramScores",
        names: ["unigram-scores.json"],
        sha256: "fc78fe29af4cdb68acc249af2f6f64ad1c149308e43f928cd88f17b2a0065f61",
        bytes: 15_533,
        made: "scores-of-bpe",
      },
    ],
    verified:
      "Finds any English phrase and transcribes while one speaks, in sherpa-onnx 1.13.8, once its encoder is repaired.",
  },
  {
    id: "silero-vad",
    name: "Silero voice activity",
    roles: ["vad"],
    languages: [],
    licence: "MIT",
    folder: "silero-vad",
    downloadBytes: 0,
    source: { kind: "bundled", note: "comes with the npm package @ricky0123/vad-web" },
    files: [],
    verified: "Part of every Hearth.",
  },
  zipformer({
    id: "stt-en-2023-06-26",
    name: "Streaming Zipformer, English",
    languages: ["en"],
    folder: "sherpa-onnx-streaming-zipformer-en-2023-06-26",
    mb: 310,
  }),
  zipformer({
    id: "stt-multi-2025-02-10",
    name: "Streaming Zipformer, eight languages",
    languages: ["ar", "en", "id", "ja", "ru", "th", "vi", "zh"],
    folder: "sherpa-onnx-streaming-zipformer-ar_en_id_ja_ru_th_vi_zh-2025-02-10",
    mb: 250,
  }),
  piper("voice-en-us-amy", "en_US-amy-medium", "Piper: Amy", "en-US"),
  piper("voice-en-gb-alan", "en_GB-alan-medium", "Piper: Alan", "en-GB"),
];

/** The entry of that id. */
export function modelById(id: string): ModelEntry | undefined {
  return catalogue.find((entry) => entry.id === id);
}
