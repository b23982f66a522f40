import { fft } from "#sim/fft.ts";

const WINDOW = 512;
/** 10 ms at 16 kHz. */
const HOP = 160;
/** Bands of equal width in mel from 100 to 6000 Hz: formants show, the pitch does not. */
const BANDS = 20;
/** How far a pause may move what follows it, in hops, and how long a stretch is that moves as one. */
const MAX_SHIFT = 3;
const STRETCH = 25;
/** Speech of the same words begins within this many hops of the other. */
const MAX_LAG = 10;
/** Below this the sound is silence: all of it counts the same. */
const FLOOR_DB = 20;

/**
 * From this score on two sounds are the same voice saying the same words.
 *
 * Measured with the hub's espeak-ng: the same sentence said again 0.99 and above, one that differs in a word 0.96 and
 * below. Its waveform is no measure: espeak-ng varies the pitch a little each time, which leaves a correlation of 0.6
 * to 0.9; and it moves pauses by up to 30 ms.
 */
export const SAME_WORDS = 0.98;

/**
 * How alike two sounds of one voice are in what is said, 0..1: the correlation of their spectra over time.
 *
 * Both are 16 kHz mono, as a whole; the longer one's surplus counts as silence in the other.
 */
export function sameWords(a: Int16Array, b: Int16Array): number {
  const [one, two] = [spectra(a), spectra(b)];
  const rows = Math.max(one.length, two.length) + MAX_LAG;
  const moved: Float64Array[] = [];
  let lag = 0;
  for (let from = -MAX_LAG; from < rows; from += STRETCH) {
    const range = from < 0 ? MAX_LAG : MAX_SHIFT;
    const to = Math.min(rows, from + STRETCH);
    lag = nearest(one, two, { from, to, lag, range });
    for (let row = from; row < to; row++) moved.push(two[row + lag] ?? SILENCE);
  }
  const still = Array.from(moved, (_, i) => one[i - MAX_LAG] ?? SILENCE);
  return correlation(still, moved);
}

/** The lag near `lag` at which `b` is most like `a` from row to row; the nearest of several. */
function nearest(
  a: readonly Float64Array[],
  b: readonly Float64Array[],
  { from, to, lag, range }: { from: number; to: number; lag: number; range: number },
): number {
  let best = { lag, distance: Number.POSITIVE_INFINITY };
  for (let shift = 0; shift <= range; shift++) {
    for (const candidate of [lag + shift, lag - shift]) {
      let distance = 0;
      for (let row = from; row < to; row++) {
        const [x, y] = [a[row] ?? SILENCE, b[row + candidate] ?? SILENCE];
        for (let band = 0; band < BANDS; band++) distance += ((x[band] ?? 0) - (y[band] ?? 0)) ** 2;
      }
      if (distance < best.distance) best = { lag: candidate, distance };
    }
  }
  return best.lag;
}

/** Level in dB of each band in each hop, row after row. */
function spectra(pcm: Int16Array): Float64Array[] {
  const rows: Float64Array[] = [];
  for (let at = 0; at < pcm.length; at += HOP) {
    const real = new Float64Array(WINDOW);
    for (let i = 0; i < WINDOW; i++) {
      real[i] = (pcm[at + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
    }
    const imaginary = new Float64Array(WINDOW);
    fft(real, imaginary);
    const row = new Float64Array(BANDS);
    for (let band = 0; band < BANDS; band++) {
      let power = 0;
      for (let bin = edge(band); bin < edge(band + 1); bin++) {
        power += (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2;
      }
      row[band] = Math.max(FLOOR_DB, 10 * Math.log10(power / WINDOW + 1));
    }
    rows.push(row);
  }
  return rows;
}

const SILENCE = new Float64Array(BANDS).fill(FLOOR_DB);

/** The first bin of a band. */
function edge(band: number): number {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const at = mel(100) + ((mel(6000) - mel(100)) * band) / BANDS;
  return Math.round(((700 * (10 ** (at / 2595) - 1)) / 16_000) * WINDOW);
}

function correlation(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const sums = { a: 0, b: 0, aa: 0, bb: 0, ab: 0, n: 0 };
  for (const [row, x] of a.entries()) {
    const y = b[row] ?? SILENCE;
    for (let band = 0; band < BANDS; band++) {
      const [u, v] = [x[band] ?? 0, y[band] ?? 0];
      sums.a += u;
      sums.b += v;
      sums.aa += u * u;
      sums.bb += v * v;
      sums.ab += u * v;
      sums.n += 1;
    }
  }
  const covariance = sums.ab - (sums.a * sums.b) / sums.n;
  const spread = (sums.aa - sums.a ** 2 / sums.n) * (sums.bb - sums.b ** 2 / sums.n);
  return spread > 0 ? Math.max(0, covariance / Math.sqrt(spread)) : 0;
}
