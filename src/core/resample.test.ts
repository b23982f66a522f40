import { expect, test } from "bun:test";
import { Resampler, type ResamplerRates } from "./resample.ts";

const RATES: readonly ResamplerRates[] = [
  { fromHz: 22_050, toHz: 16_000 },
  { fromHz: 24_000, toHz: 16_000 },
  { fromHz: 48_000, toHz: 16_000 },
  { fromHz: 44_100, toHz: 16_000 },
  { fromHz: 8000, toHz: 16_000 },
  { fromHz: 16_000, toHz: 8000 },
  { fromHz: 16_000, toHz: 48_000 },
  { fromHz: 16_000, toHz: 22_050 },
];
const named = (rates: ResamplerRates) => `${rates.fromHz} → ${rates.toHz} Hz`;

function sine(hz: number, rateHz: number, seconds: number, amplitude = 16_384): Int16Array {
  return Int16Array.from({ length: Math.round(rateHz * seconds) }, (_, n) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * n) / rateHz)),
  );
}

/** Convert in chunks whose lengths are given in turn, over and over. */
function convert(rates: ResamplerRates, input: Int16Array, lengths: readonly number[] = [input.length]) {
  const resampler = new Resampler(rates);
  const output: number[] = [];
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    output.push(...resampler.push(input.subarray(at, at + length)));
    at += length;
  }
  output.push(...resampler.flush());
  return Int16Array.from(output);
}

/** Power of everything but the sine of `hz` against that sine, in dB; the ends, where it starts, are left out. */
function noiseDb(samples: Int16Array, hz: number, rateHz: number): number {
  const middle = samples.subarray(Math.round(samples.length * 0.1), Math.round(samples.length * 0.9));
  let cosine = 0;
  let sin = 0;
  middle.forEach((value, n) => {
    cosine += value * Math.cos((2 * Math.PI * hz * n) / rateHz);
    sin += value * Math.sin((2 * Math.PI * hz * n) / rateHz);
  });
  cosine *= 2 / middle.length;
  sin *= 2 / middle.length;
  let rest = 0;
  middle.forEach((value, n) => {
    const angle = (2 * Math.PI * hz * n) / rateHz;
    rest += (value - cosine * Math.cos(angle) - sin * Math.sin(angle)) ** 2;
  });
  return 10 * Math.log10(rest / middle.length / ((cosine ** 2 + sin ** 2) / 2));
}

function levelDb(samples: Int16Array): number {
  const middle = samples.subarray(Math.round(samples.length * 0.1), Math.round(samples.length * 0.9));
  const power = middle.reduce((sum, value) => sum + value * value, 0) / middle.length;
  return 10 * Math.log10(Math.max(power, 1e-9) / (16_384 ** 2 / 2));
}

// Rounding the input and the output to int16 alone makes −89 dB against a sine of −6 dBFS (6.02·16 + 1.76 − 6 − 3).
for (const rates of RATES) {
  test(`a 1 kHz sine comes out with distortion and noise below −80 dB (${named(rates)})`, () => {
    const output = convert(rates, sine(1000, rates.fromHz, 1));

    expect(noiseDb(output, 1000, rates.toHz)).toBeLessThan(-80);
    expect(Math.abs(levelDb(output))).toBeLessThan(0.02);
  });

  test(`random chunks give the same samples as one piece (${named(rates)})`, () => {
    let seed = 12_345;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return seed % below;
    };
    const input = Int16Array.from({ length: 9000 }, () => random(65_536) - 32_768);
    const lengths = Array.from({ length: 40 }, () => random(700));

    expect(convert(rates, input, [...lengths, 1])).toEqual(convert(rates, input));
  });

  test(`the output is as long as the input, to a sample (${named(rates)})`, () => {
    for (const length of [1, 7, 320, 4411]) {
      expect(convert(rates, new Int16Array(length)).length).toBe(
        Math.ceil((length * rates.toHz) / rates.fromHz),
      );
    }
  });
}

for (const rates of RATES.filter(({ fromHz, toHz }) => fromHz > toHz)) {
  test(`what the lower rate cannot hold is at least 80 dB down (${named(rates)})`, () => {
    for (let hz = rates.toHz / 2; hz < rates.fromHz / 2; hz += rates.fromHz / 37) {
      expect(levelDb(convert(rates, sine(hz + 1, rates.fromHz, 0.5)))).toBeLessThan(-80);
    }
  });

  test(`the pass band is flat to a tenth of a decibel up to 0.45 of the lower rate (${named(rates)})`, () => {
    for (const part of [0.01, 0.1, 0.2, 0.3, 0.4, 0.45]) {
      const level = levelDb(convert(rates, sine(part * rates.toHz, rates.fromHz, 0.5)));
      expect(Math.abs(level)).toBeLessThan(0.1);
    }
  });
}

test("the output is not delayed against the input", () => {
  const input = new Int16Array(4410);
  input[2205] = 20_000;
  const output = convert({ fromHz: 22_050, toHz: 16_000 }, input);

  const loudest = output.reduce((best, value, n) => (value > (output[best] ?? 0) ? n : best), 0);
  expect(loudest).toBe(1600);
});

test("the step between neighbours at chunk borders is no larger than elsewhere", () => {
  const output = convert({ fromHz: 22_050, toHz: 16_000 }, sine(500, 22_050, 0.5), [441]);
  const largest = 16_384 * 2 * Math.PI * (500 / 16_000);

  for (let n = 400; n < output.length - 400; n++) {
    expect(Math.abs((output[n] ?? 0) - (output[n - 1] ?? 0))).toBeLessThanOrEqual(largest + 2);
  }
});

test("full scale is clipped, never wrapped", () => {
  const square = Int16Array.from({ length: 4410 }, (_, n) => (n % 100 < 50 ? 32_767 : -32_768));
  const output = convert({ fromHz: 22_050, toHz: 16_000 }, square);

  for (let n = 200; n < output.length - 200; n++) {
    const position = ((n * 22_050) / 16_000) % 100;
    if (position > 5 && position < 45) expect(output[n]).toBeGreaterThan(20_000);
  }
});

test("after flush a new stream begins as on a fresh resampler", () => {
  const resampler = new Resampler({ fromHz: 24_000, toHz: 16_000 });
  const input = sine(700, 24_000, 0.1);
  const first = [...resampler.push(input), ...resampler.flush()];
  const second = [...resampler.push(input), ...resampler.flush()];

  expect(second).toEqual(first);
});

test("equal rates pass samples through in a copy", () => {
  const input = Int16Array.of(1, -2, 3);
  const output = new Resampler({ fromHz: 16_000, toHz: 16_000 }).push(input);
  input[0] = 99;

  expect([...output]).toEqual([1, -2, 3]);
});

test("a rate that is no whole number of hertz is refused", () => {
  expect(() => new Resampler({ fromHz: 0, toHz: 16_000 })).toThrow("not a sample rate: 0 Hz");
  expect(() => new Resampler({ fromHz: 16_000, toHz: 22_050.5 })).toThrow(RangeError);
});
