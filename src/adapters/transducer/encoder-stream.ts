import { FEATURE_SHIFT, FilterBank, MEL_BINS } from "#core/transducer/fbank.ts";
import { ENCODER_SHAPE } from "./encoder-states.ts";
import type { EncoderState, TransducerModel } from "./model.ts";

const { window: WINDOW, shift: SHIFT } = ENCODER_SHAPE;

/** Samples of one encoder frame. */
export const ENCODER_FRAME_SAMPLES = (SHIFT / ENCODER_SHAPE.frames) * FEATURE_SHIFT;

/** PCM in, encoder frames out: one satellite's pass through features and encoder. */
export class EncoderStream {
  readonly #model: TransducerModel;
  readonly #bank: FilterBank;
  readonly #window: Float32Array;
  readonly #state: EncoderState;
  #filled: number;

  constructor(model: TransducerModel, copied?: EncoderStream) {
    this.#model = model;
    this.#bank = copied ? copied.#bank.clone() : new FilterBank();
    this.#window = copied ? copied.#window.slice() : new Float32Array(WINDOW * MEL_BINS);
    this.#state = copied ? copied.#state.slice() : model.freshState();
    this.#filled = copied ? copied.#filled : 0;
  }

  /** A stream that goes on from here on its own: 340 KB copied. */
  clone(): EncoderStream {
    return new EncoderStream(this.#model, this);
  }

  /** Begin anew, as if nothing had been pushed. */
  reset(): void {
    this.#bank.reset();
    this.#state.fill(0);
    this.#filled = 0;
  }

  /**
   * Add samples, and hand over the frames of each encoder step they complete: one step for every 5120 samples,
   * the first after 7320.
   *
   * Shape: frames [8 × 320], valid until `emit` returns.
   */
  push(samples: Int16Array, emit: (frames: Float32Array) => void): void {
    for (let at = 0; at < samples.length; at += FEATURE_SHIFT) {
      const piece = samples.subarray(at, at + FEATURE_SHIFT);
      this.#filled += this.#bank.push(piece, this.#window, this.#filled * MEL_BINS);
      if (this.#filled < WINDOW) continue;
      const frames = this.#model.encode(this.#window, this.#state);
      this.#window.copyWithin(0, SHIFT * MEL_BINS);
      this.#filled -= SHIFT;
      emit(frames);
    }
  }
}
