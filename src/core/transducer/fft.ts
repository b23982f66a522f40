/**
 * Power spectrum of 512 real samples.
 *
 * Neighbouring samples are paired into 256 complex numbers, transformed at once (radix 2, in place) and taken
 * apart again, which costs half of a complex transform of 512.
 */

/** Samples of one transform. */
export const FFT_SIZE = 512;
const HALF = FFT_SIZE / 2;

const COSINES = Float64Array.from({ length: HALF }, (_, i) => Math.cos((2 * Math.PI * i) / FFT_SIZE));
const SINES = Float64Array.from({ length: HALF }, (_, i) => -Math.sin((2 * Math.PI * i) / FFT_SIZE));
const REVERSED = Uint16Array.from({ length: HALF }, (_, i) => {
  let reversed = 0;
  for (let bit = 1; bit < HALF; bit <<= 1) reversed = (reversed << 1) | (i & bit ? 1 : 0);
  return reversed;
});

const re = new Float64Array(HALF);
const im = new Float64Array(HALF);

/**
 * Write the power of bins 0 to 255 of `samples` into `power`. The bin at half the sampling rate is left out.
 *
 * Shapes: samples [512], power [256]. Synchronous, so the scratch memory is shared.
 */
export function powerSpectrum(samples: Float64Array, power: Float64Array): void {
  for (let i = 0; i < HALF; i++) {
    const at = REVERSED[i] as number;
    re[at] = samples[2 * i] as number;
    im[at] = samples[2 * i + 1] as number;
  }
  transform();
  power[0] = ((re[0] as number) + (im[0] as number)) ** 2;
  for (let k = 1; k < HALF; k++) {
    const mirror = HALF - k;
    const sumRe = ((re[k] as number) + (re[mirror] as number)) / 2;
    const sumIm = ((im[k] as number) - (im[mirror] as number)) / 2;
    const oddRe = ((im[k] as number) + (im[mirror] as number)) / 2;
    const oddIm = ((re[mirror] as number) - (re[k] as number)) / 2;
    const cos = COSINES[k] as number;
    const sin = SINES[k] as number;
    const real = sumRe + oddRe * cos - oddIm * sin;
    const imaginary = sumIm + oddRe * sin + oddIm * cos;
    power[k] = real * real + imaginary * imaginary;
  }
}

/** Radix-2 butterflies over `re` and `im`, whose input is in bit-reversed order. */
function transform(): void {
  for (let length = 2; length <= HALF; length <<= 1) {
    const half = length >> 1;
    const stride = FFT_SIZE / length;
    for (let start = 0; start < HALF; start += length) {
      for (let k = 0; k < half; k++) {
        const cos = COSINES[k * stride] as number;
        const sin = SINES[k * stride] as number;
        const a = start + k;
        const b = a + half;
        const bRe = re[b] as number;
        const bIm = im[b] as number;
        const tRe = bRe * cos - bIm * sin;
        const tIm = bRe * sin + bIm * cos;
        const aRe = re[a] as number;
        const aIm = im[a] as number;
        re[a] = aRe + tRe;
        im[a] = aIm + tIm;
        re[b] = aRe - tRe;
        im[b] = aIm - tIm;
      }
    }
  }
}
