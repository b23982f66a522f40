import { checkFiles } from "#adapters/native/check-files.ts";
import { sherpaLibraries } from "#adapters/native/native-files.ts";
import { floatTensor, loadOnnxModel, longTensor, type OnnxModel } from "#adapters/native/onnx-runtime.ts";
import type { TransducerFiles } from "#adapters/native/sherpa-addon.ts";
import { EngineError } from "#core/faults.ts";
import { MEL_BINS } from "#core/transducer/fbank.ts";
import { type Joint, logSoftmax, tokensOfContext } from "#core/transducer/joint.ts";
import { ENCODER_SHAPE, encoderStates } from "./encoder-states.ts";

const NAME = "hearth";
const { window: WINDOW, frames: FRAMES, width: WIDTH, vocabulary: VOCABULARY } = ENCODER_SHAPE;

/** Decoder outputs kept, 1.3 KB each. A phrase needs one per token; open slots come by thousands. */
const MAX_CONTEXTS = 4096;
/** Sizes the joiner is bound for; a smaller batch is filled up, a larger one cut. */
const JOINER_BATCHES = [1, 8, 16, 32, 64] as const;
const LARGEST_BATCH = 64;

/** The memory of an encoder between two steps; 319 KB, plain bytes that may be copied. */
export type EncoderState = Uint8Array;

/**
 * A streaming zipformer transducer on ONNX Runtime: encoder, decoder and joiner.
 *
 * One model serves every satellite, one encoder step at a time: its batch axis is fixed to 1. The memory of a
 * stream is copied in and out of the one bound encoder, 0.03 ms beside the 4 ms of a step, so that a stream
 * costs its 319 KB once, no native handles, and is cloned by a copy.
 */
export interface TransducerModel extends Joint, Disposable {
  /** The memory of a stream that has heard nothing. */
  freshState(): EncoderState;
  /**
   * Encode one window of features and bring `state` forward.
   *
   * Shapes: window [45 × 80], of which the first 32 are then done with; result [8 × 320], valid until the next
   * call.
   */
  encode(window: Float32Array, state: EncoderState): Float32Array;
}

/**
 * Load the model from verified files, for one thread.
 *
 * Whoever calls has checked the files' hashes: a damaged encoder can end the process.
 *
 * @throws {EngineError} `unavailable` when a file is missing or is not of this kind of model.
 */
export async function loadTransducer(
  files: Pick<TransducerFiles, "encoder" | "decoder" | "joiner">,
  cacheDir: string,
): Promise<TransducerModel> {
  checkFiles(NAME, [files.encoder, files.decoder, files.joiner]);
  const { onnxRuntime } = await sherpaLibraries(NAME, cacheDir);
  const parts = new DisposableStack();
  const load = (path: string) => parts.use(loadOnnxModel(NAME, onnxRuntime, path));
  try {
    const encoder = boundEncoder(load(files.encoder), parts);
    const decode = boundDecoder(load(files.decoder), parts);
    const logProbs = boundJoiner(load(files.joiner), decode, parts);
    const model: TransducerModel = {
      vocabulary: VOCABULARY,
      width: WIDTH,
      ...encoder,
      logProbs,
      [Symbol.dispose]: () => parts.dispose(),
    };
    // A model of other shapes is refused here and not in the middle of a word.
    logProbs(model.encode(new Float32Array(WINDOW * MEL_BINS), model.freshState()), [0], [0]);
    return model;
  } catch (cause) {
    parts.dispose();
    if (!(cause instanceof EngineError) || cause.fault === "unavailable") throw cause;
    throw new EngineError(NAME, "unavailable", "its model has other shapes than expected", { cause });
  }
}

function boundEncoder(model: OnnxModel, parts: DisposableStack) {
  const features = floatTensor("x", [1, WINDOW, MEL_BINS]);
  const output = floatTensor("encoder_out", [1, FRAMES, WIDTH]);
  const before = encoderStates("");
  const after = encoderStates("new_");
  const bound = parts.use(model.bind([features, ...before.tensors], [output, ...after.tensors]));
  return {
    freshState: (): EncoderState => new Uint8Array(before.bytes.byteLength),
    encode(window: Float32Array, state: EncoderState): Float32Array {
      features.data.set(window);
      before.bytes.set(state);
      bound.run();
      state.set(after.bytes);
      return output.data;
    },
  };
}

/** Decoder outputs by context: the network sees two tokens, so each is computed once. */
function boundDecoder(model: OnnxModel, parts: DisposableStack): (context: number) => Float32Array {
  const tokens = longTensor("y", [1, 2]);
  const output = floatTensor("decoder_out", [1, WIDTH]);
  const bound = parts.use(model.bind([tokens], [output]));
  const known = new Map<number, Float32Array>();
  return (context) => {
    const found = known.get(context);
    if (found) return found;
    const [older, newer] = tokensOfContext(context);
    tokens.data[0] = BigInt(older);
    tokens.data[1] = BigInt(newer);
    bound.run();
    if (known.size >= MAX_CONTEXTS) known.clear();
    const fresh = output.data.slice();
    known.set(context, fresh);
    return fresh;
  };
}

function boundJoiner(
  model: OnnxModel,
  decode: (context: number) => Float32Array,
  parts: DisposableStack,
): Joint["logProbs"] {
  const batches = JOINER_BATCHES.map((size) => {
    const encoded = floatTensor("encoder_out", [size, WIDTH]);
    const decoded = floatTensor("decoder_out", [size, WIDTH]);
    const logit = floatTensor("logit", [size, VOCABULARY]);
    return {
      size,
      encoded,
      decoded,
      logit,
      bound: parts.use(model.bind([encoded, decoded], [logit])),
    };
  });
  let result = new Float32Array(LARGEST_BATCH * VOCABULARY);

  return (frames, rows, contexts) => {
    const pairs = rows.length;
    if (result.length < pairs * VOCABULARY) result = new Float32Array(pairs * VOCABULARY);
    for (let from = 0; from < pairs; from += LARGEST_BATCH) {
      const count = Math.min(LARGEST_BATCH, pairs - from);
      const batch = batches.find(({ size }) => size >= count);
      if (!batch) throw new Error("no batch is large enough");
      for (let i = 0; i < count; i++) {
        const frame = (rows[from + i] as number) * WIDTH;
        batch.encoded.data.set(frames.subarray(frame, frame + WIDTH), i * WIDTH);
        batch.decoded.data.set(decode(contexts[from + i] as number), i * WIDTH);
      }
      // The joiner scales its 8-bit numbers by the whole batch: nothing old may lie in the rest of it.
      batch.encoded.data.fill(0, count * WIDTH);
      batch.decoded.data.fill(0, count * WIDTH);
      batch.bound.run();
      result.set(batch.logit.data.subarray(0, count * VOCABULARY), from * VOCABULARY);
    }
    logSoftmax(result, pairs, VOCABULARY);
    return result.subarray(0, pairs * VOCABULARY);
  };
}
