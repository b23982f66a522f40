/**
 * Sample-rate conversion by a rational factor, for streams.
 *
 * Output sample n lies at input position n·M/L, where L/M is the reduced ratio of the rates. Each of the L
 * fractional positions has its own windowed-sinc filter (a polyphase bank; Crochiere and Rabiner, "Multirate
 * Digital Signal Processing", 1983, chapter 3). The window is Kaiser's; beta and length follow his formulas for
 * a stop band of A dB: beta = 0.1102·(A − 8.7), N = (A − 8) / (2.285·Δω) (Kaiser 1974; Oppenheim and Schafer,
 * "Discrete-Time Signal Processing", 3rd ed., eq. 7.75 and 7.76).
 *
 * Everything depends on absolute positions only, so how the input is cut into chunks cannot show in the output.
 */

/** Design attenuation: 10 dB beyond the promised 80 dB, for the rounding of Kaiser's fit. */
const STOP_BAND_DB = 90;
/** Where the pass band ends and the stop band begins, as parts of the lower of the two rates. */
const PASS_BAND = 0.45;
const STOP_BAND = 0.5;

/** Rates as Hz, whole numbers. */
export interface ResamplerRates {
  readonly fromHz: number;
  readonly toHz: number;
}

/**
 * Converts one stream of int16 from one rate to another.
 *
 * The pass band reaches 0.45 of the lower rate, everything from 0.5 of it on is at least 80 dB down. The output
 * is not delayed against the input: its first sample lies at the first input sample. Chunks of any length are
 * taken, and any chunking gives the same samples; up to about 10 ms are held back until `flush`.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  /** Filters for the fractional positions 0/L … (L−1)/L. Shape: [L × 2·half]. */
  readonly #bank: Float64Array;
  #buffer: Float64Array;
  /** Samples in the buffer. */
  #length: number;
  /** The next output's position: a sample of the buffer, and L-ths of a sample beyond it. */
  #index: number;
  #phase = 0;
  #taken = 0;
  #given = 0;

  /** @throws {RangeError} when a rate is not a whole number between 1 and 768,000 Hz. */
  constructor({ fromHz, toHz }: ResamplerRates) {
    for (const hz of [fromHz, toHz]) {
      if (!Number.isInteger(hz) || hz < 1 || hz > 768_000)
        throw new RangeError(`not a sample rate: ${hz} Hz`);
    }
    const common = gcd(fromHz, toHz);
    this.#up = toHz / common;
    this.#down = fromHz / common;
    const lower = Math.min(fromHz, toHz);
    const transition = (2 * Math.PI * (STOP_BAND - PASS_BAND) * lower) / fromHz;
    // N taps at the input rate; half of them on either side of an output sample.
    this.#half = this.#up === this.#down ? 0 : Math.ceil((STOP_BAND_DB - 8) / (2.285 * transition) / 2);
    const cutoff = ((PASS_BAND + STOP_BAND) / 2) * (lower / fromHz);
    this.#bank = filterBank(this.#up, this.#half, cutoff);
    this.#buffer = new Float64Array(4096);
    this.#length = this.#before;
    this.#index = this.#before;
  }

  /** Convert a chunk. Returns what is certain so far; the caller owns it. */
  push(input: Int16Array): Int16Array {
    if (this.#half === 0) return input.slice();
    this.#append(input.length, input);
    this.#taken += input.length;
    return this.#drain(Number.POSITIVE_INFINITY);
  }

  /**
   * End the stream: returns what was held back, and is then ready for a new one.
   *
   * All outputs together are then ceil(input samples · to / from).
   */
  flush(): Int16Array {
    if (this.#half === 0) return new Int16Array(0);
    this.#append(this.#half, undefined);
    const rest = this.#drain(Math.ceil((this.#taken * this.#up) / this.#down) - this.#given);
    this.#buffer.fill(0);
    this.#length = this.#before;
    this.#index = this.#before;
    this.#phase = 0;
    this.#taken = 0;
    this.#given = 0;
    return rest;
  }

  /** Samples of history the first tap reaches back to. */
  get #before(): number {
    return Math.max(0, this.#half - 1);
  }

  #append(count: number, samples: Int16Array | undefined): void {
    // Drop what no output can reach any more.
    const keepFrom = Math.min(this.#length, Math.max(0, this.#index - this.#before));
    if (this.#length - keepFrom + count > this.#buffer.length) {
      const larger = new Float64Array(2 * (this.#length - keepFrom + count));
      larger.set(this.#buffer.subarray(keepFrom, this.#length));
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(0, keepFrom, this.#length);
    }
    this.#length -= keepFrom;
    this.#index -= keepFrom;
    if (samples) this.#buffer.set(samples, this.#length);
    else this.#buffer.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  #drain(limit: number): Int16Array {
    const ready = this.#length - this.#half - this.#index;
    const most = ready <= 0 ? 0 : Math.ceil((ready * this.#up - this.#phase) / this.#down);
    const output = new Int16Array(Math.max(0, Math.min(most, limit)));
    const taps = 2 * this.#half;
    const buffer = this.#buffer;
    const bank = this.#bank;
    for (let n = 0; n < output.length; n++) {
      let sum = 0;
      const filter = this.#phase * taps;
      const first = this.#index - this.#before;
      for (let k = 0; k < taps; k++) sum += (bank[filter + k] ?? 0) * (buffer[first + k] ?? 0);
      output[n] = Math.max(-32768, Math.min(32767, Math.round(sum)));
      this.#phase += this.#down;
      this.#index += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    this.#given += output.length;
    return output;
  }
}

function filterBank(up: number, half: number, cutoff: number): Float64Array {
  const taps = 2 * half;
  const bank = new Float64Array(up * taps);
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  const bessel0Beta = bessel0(beta);
  for (let phase = 0; phase < up; phase++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      // Distance from the output sample to tap k, in input samples.
      const distance = k - (half - 1) - phase / up;
      const edge = distance / half;
      const window = edge * edge >= 1 ? 0 : bessel0(beta * Math.sqrt(1 - edge * edge)) / bessel0Beta;
      const x = 2 * cutoff * distance;
      const value = (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
      bank[phase * taps + k] = value;
      sum += value;
    }
    // Unit gain at 0 Hz for every phase: else a constant would come out as a tone of the phases' rhythm.
    for (let k = 0; k < taps; k++) bank[phase * taps + k] = (bank[phase * taps + k] ?? 0) / sum;
  }
  return bank;
}

/** Modified Bessel function of the first kind, order 0: its power series, to double precision. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
