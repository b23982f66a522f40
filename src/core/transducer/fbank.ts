import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import { FFT_SIZE, powerSpectrum } from "./fft.ts";

/**
 * Log mel filter-bank features as Kaldi computes them, from a stream of PCM.
 *
 * The numbers are those the model was trained with (sherpa-onnx's `FeatureExtractorConfig`, icefall's fbank):
 * windows of 25 ms every 10 ms, mean removed, pre-emphasis 0.97, povey window, power spectrum, 80 triangles on the
 * mel scale from 20 to 7600 Hz, natural logarithm; samples between -1 and 1, no dither, `snip_edges=false`.
 * Frame n is centred on sample 160 n + 80; before the first sample the audio is thought mirrored.
 */

/** Values of one feature frame. */
export const MEL_BINS = 80;
/** Samples from one feature frame to the next: 10 ms. */
export const FEATURE_SHIFT = 160;
const WINDOW = 400;
/** Samples of the first window that lie before the stream's first sample. */
const LEAD = (WINDOW - FEATURE_SHIFT) / 2;
const PRE_EMPHASIS = 0.97;
const LOW_HZ = 20;
const HIGH_HZ = 7600;
/** Kaldi's floor before the logarithm: the smallest step of a 32-bit float at 1. */
const FLOOR = 2 ** -23;
const FULL_SCALE = 32_768;

const POVEY = Float64Array.from(
  { length: WINDOW },
  (_, n) => (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (WINDOW - 1))) ** 0.85,
);

const mel = (hz: number) => 1127 * Math.log(1 + hz / 700);

interface Triangle {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

const TRIANGLES: readonly Triangle[] = Array.from({ length: MEL_BINS }, (_, index) => {
  const step = (mel(HIGH_HZ) - mel(LOW_HZ)) / (MEL_BINS + 1);
  const left = mel(LOW_HZ) + index * step;
  const bins = Array.from({ length: FFT_SIZE / 2 }, (_, bin) => {
    const at = mel((bin * SAMPLE_RATE_HZ) / FFT_SIZE) - left;
    return Math.max(0, Math.min(at, 2 * step - at) / step);
  });
  const firstBin = bins.findIndex((weight) => weight > 0);
  const endBin = bins.findLastIndex((weight) => weight > 0) + 1;
  return { firstBin, weights: Float64Array.from(bins.slice(firstBin, endBin)) };
});

const windowed = new Float64Array(FFT_SIZE);
const power = new Float64Array(FFT_SIZE / 2);

/** One stream of features. Allocates nothing per frame. */
export class FilterBank {
  readonly #samples: Float64Array;
  #filled: number;
  #first: boolean;

  constructor(copied?: FilterBank) {
    this.#samples = copied ? copied.#samples.slice() : new Float64Array(WINDOW);
    this.#filled = copied ? copied.#filled : LEAD;
    this.#first = copied ? copied.#first : true;
  }

  /** A stream that goes on from here on its own. */
  clone(): FilterBank {
    return new FilterBank(this);
  }

  /** Begin anew, as if nothing had been pushed. */
  reset(): void {
    this.#filled = LEAD;
    this.#first = true;
  }

  /**
   * Add samples and write the features they complete one after the other into `out`, from index `at` on.
   *
   * Returns how many frames were written: one for every 160 samples, the first after 280. `out` must have room;
   * a push of n samples completes at most ⌈n / 160⌉.
   */
  push(samples: Int16Array, out: Float32Array, at: number): number {
    let frames = 0;
    for (let i = 0; i < samples.length; i++) {
      this.#samples[this.#filled] = (samples[i] as number) / FULL_SCALE;
      this.#filled += 1;
      if (this.#filled < WINDOW) continue;
      if (this.#first) this.#mirror();
      this.#analyse(out, at + frames * MEL_BINS);
      frames += 1;
      this.#samples.copyWithin(0, FEATURE_SHIFT);
      this.#filled -= FEATURE_SHIFT;
    }
    return frames;
  }

  #mirror(): void {
    this.#first = false;
    for (let i = 0; i < LEAD; i++) this.#samples[LEAD - 1 - i] = this.#samples[LEAD + i] as number;
  }

  #analyse(out: Float32Array, at: number): void {
    const samples = this.#samples;
    let mean = 0;
    for (let i = 0; i < WINDOW; i++) mean += samples[i] as number;
    mean /= WINDOW;
    let previous = (samples[0] as number) - mean;
    for (let i = 0; i < WINDOW; i++) {
      const value = (samples[i] as number) - mean;
      windowed[i] = (value - PRE_EMPHASIS * previous) * (POVEY[i] as number);
      previous = value;
    }
    powerSpectrum(windowed, power);
    for (let index = 0; index < MEL_BINS; index++) {
      const { firstBin, weights } = TRIANGLES[index] as Triangle;
      let energy = 0;
      for (let k = 0; k < weights.length; k++) {
        energy += (weights[k] as number) * (power[firstBin + k] as number);
      }
      out[at + index] = Math.log(Math.max(energy, FLOOR));
    }
  }
}
