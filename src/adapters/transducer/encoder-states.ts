import type { Tensor } from "#adapters/native/onnx-runtime.ts";

/**
 * Shapes of the streaming zipformer2 of 3.3 M parameters that sherpa-onnx publishes for keyword spotting
 * (`sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile`, from the metadata of its encoder).
 */
export const ENCODER_SHAPE = {
  /** Feature frames of one step. */
  window: 45,
  /** Feature frames the encoder moves on by in one step: 320 ms. */
  shift: 32,
  /** Encoder frames one step gives, of 40 ms each. */
  frames: 8,
  /** Values of an encoder frame. */
  width: 320,
  vocabulary: 500,
} as const;

/** `left_context_len`, `num_heads` and `cnn_module_kernels` of the six layers. */
const LAYERS = [
  { leftContext: 64, heads: 4, kernel: 31 },
  { leftContext: 32, heads: 4, kernel: 31 },
  { leftContext: 16, heads: 4, kernel: 15 },
  { leftContext: 8, heads: 8, kernel: 15 },
  { leftContext: 16, heads: 4, kernel: 15 },
  { leftContext: 32, heads: 4, kernel: 31 },
] as const;
const QUERY_HEAD = 32;
const VALUE_HEAD = 12;
const CHANNELS = 128;
/** The non-linear attention works on three quarters of the channels. */
const NONLIN_CHANNELS = (CHANNELS * 3) / 4;

/** The 38 state tensors of an encoder as views of one block of memory. */
export function encoderStates(prefix: "" | "new_"): {
  readonly bytes: Uint8Array;
  readonly tensors: readonly Tensor[];
} {
  const shapes = LAYERS.flatMap(({ leftContext, heads, kernel }, layer) => {
    const conv = [1, CHANNELS, (kernel - 1) / 2];
    return [
      { name: `cached_key_${layer}`, shape: [leftContext, 1, heads * QUERY_HEAD] },
      { name: `cached_nonlin_attn_${layer}`, shape: [1, 1, leftContext, NONLIN_CHANNELS] },
      { name: `cached_val1_${layer}`, shape: [leftContext, 1, heads * VALUE_HEAD] },
      { name: `cached_val2_${layer}`, shape: [leftContext, 1, heads * VALUE_HEAD] },
      { name: `cached_conv1_${layer}`, shape: conv },
      { name: `cached_conv2_${layer}`, shape: conv },
    ];
  });
  shapes.push({ name: "embed_states", shape: [1, CHANNELS, 3, 19] });

  const lengths = shapes.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
  // The one 64-bit number comes first, where it is aligned.
  const total = 8 + 4 * lengths.reduce((sum, length) => sum + length, 0);
  const memory = new ArrayBuffer(total);
  let offset = 8;
  const tensors: Tensor[] = shapes.map(({ name, shape }, index) => {
    const data = new Float32Array(memory, offset, lengths[index]);
    offset += data.byteLength;
    return { name: prefix + name, shape, data };
  });
  tensors.push({ name: `${prefix}processed_lens`, shape: [1], data: new BigInt64Array(memory, 0, 1) });
  return { bytes: new Uint8Array(memory), tensors };
}
