import { expect, test } from "bun:test";
import { findAudio, SAME_AUDIO } from "./audio-compare.ts";
import { fft } from "./fft.ts";
import { seededRandom } from "./sim-clock.ts";

/** Something like speech: syllables of a gliding voice with formant-like overtones, pauses between. */
function babble(seed: number, ms: number): Int16Array {
  const random = seededRandom(seed);
  const out = new Int16Array(ms * 16);
  let phase = 0;
  for (let at = 0; at < out.length; ) {
    const length = Math.round((80 + random() * 180) * 16);
    const [from, to] = [90 + random() * 90, 90 + random() * 90];
    const loudness = random() < 0.2 ? 0 : 4000 + random() * 6000;
    const weights = Array.from({ length: 12 }, () => random() ** 2);
    const sum = weights.reduce((a, b) => a + b, 0);
    for (let i = 0; i < length && at < out.length; i++, at++) {
      phase += (2 * Math.PI * (from + ((to - from) * i) / length)) / 16_000;
      const envelope = Math.sin((Math.PI * i) / length);
      const voice = weights.reduce((total, weight, k) => total + weight * Math.sin(phase * (k + 1)), 0);
      out[at] = (loudness * envelope * voice) / sum;
    }
  }
  return out;
}

/** `reference` from sample `offset` on, quieter, in noise, with silence inserted half-way. */
function received(reference: Int16Array, offset: number, gapSamples: number): Int16Array {
  const random = seededRandom(99);
  const out = new Int16Array(offset + reference.length + gapSamples + 20_000);
  const half = Math.floor(reference.length / 2);
  out.set(reference.subarray(0, half), offset);
  out.set(reference.subarray(half), offset + half + gapSamples);
  return out.map((sample) => sample * 0.3 + (random() - 0.5) * 60);
}

test("a reply is found where it is, at another volume and in noise", () => {
  const reference = babble(1, 2000);

  const match = findAudio(reference, received(reference, 12_345, 0));

  expect(match.offsetSamples).toBe(12_345);
  expect(match.score).toBeGreaterThan(0.98);
});

test("a gap in the middle of it does not hide it", () => {
  const reference = babble(2, 2000);

  const match = findAudio(reference, received(reference, 5000, 3000));

  expect(match.offsetSamples).toBe(5000);
  expect(match.score).toBeGreaterThan(SAME_AUDIO);
});

test("sound lost at its start moves the offset before the beginning", () => {
  const reference = babble(3, 3000);

  const match = findAudio(reference, reference.subarray(1000));

  expect(match.offsetSamples).toBe(-1000);
  expect(match.score).toBeGreaterThan(0.9);
});

test("other speech scores low", () => {
  const scores = [11, 12, 13, 14, 15, 16].map(
    (seed) => findAudio(babble(seed, 2000), babble(seed + 50, 6000)).score,
  );

  // The same voice at the same pitch resembles itself for a syllable, hence not near 0.
  expect(Math.max(...scores)).toBeLessThan(0.65);
});

test("half a reply is not a whole one", () => {
  const reference = babble(4, 3000);

  expect(findAudio(reference, reference.subarray(0, 24_000)).score).toBeLessThan(0.75);
});

test("silence contains nothing and nothing contains silence", () => {
  const silence = new Int16Array(16_000);

  expect(findAudio(silence, babble(5, 1000)).score).toBe(0);
  expect(findAudio(babble(5, 1000), silence).score).toBe(0);
  expect(findAudio(babble(5, 1000), new Int16Array(0)).score).toBe(0);
  expect(findAudio(new Int16Array(0), silence).score).toBe(0);
});

test("a sine has its energy in its own bin, and comes back from the inverse", () => {
  const real = Float64Array.from({ length: 64 }, (_, i) => Math.sin((2 * Math.PI * 5 * i) / 64));
  const imaginary = new Float64Array(64);
  const original = Float64Array.from(real);

  fft(real, imaginary);
  const magnitudes = Array.from(real, (value, i) => Math.hypot(value, imaginary[i] ?? 0));
  expect(
    magnitudes.flatMap((magnitude, i) => (magnitude > 1e-9 ? [[i, Math.round(magnitude)]] : [])),
  ).toEqual([
    [5, 32],
    [59, 32],
  ]);

  fft(real, imaginary, true);
  expect(Math.max(...real.map((value, i) => Math.abs(value - (original[i] ?? 0))))).toBeLessThan(1e-12);
  expect(() => fft(new Float64Array(3), new Float64Array(3))).toThrow("3 points");
});
