import { join } from "node:path";
import { MODELS_DIR } from "./recordings.ts";

/** Folder of the streaming transducer. */
export const TRANSDUCER_DIR = join(MODELS_DIR, "sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile");

/** Its files, as the engines want them. */
export const TRANSDUCER_FILES = {
  encoder: join(TRANSDUCER_DIR, "encoder.int8.fixed.onnx"),
  decoder: join(TRANSDUCER_DIR, "decoder.onnx"),
  joiner: join(TRANSDUCER_DIR, "joiner.int8.onnx"),
  tokens: join(TRANSDUCER_DIR, "tokens.txt"),
};

/** Its pieces' scores. */
export const UNIGRAM_SCORES = join(TRANSDUCER_DIR, "unigram-scores.json");
