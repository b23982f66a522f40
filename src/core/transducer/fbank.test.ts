import { expect, test } from "bun:test";
import { FilterBank, MEL_BINS } from "./fbank.ts";
import golden from "./fixtures/fbank-golden.json" with { type: "json" };

/** Half a second of a rising tone in noise with a constant offset, the one the golden features were made of. */
function chirp(): Int16Array {
  let state = 1;
  return Int16Array.from({ length: 8000 }, (_, i) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    const phase = (2 * Math.PI * (100 * i + (6900 * i * i) / 16_000)) / 16_000;
    return Math.floor(6000 * Math.sin(phase) + 600 * (state / 4294967296 - 0.5) + 300);
  });
}

function features(bank: FilterBank, samples: Int16Array, chunk: number): Float32Array {
  const out = new Float32Array(60 * MEL_BINS);
  let frames = 0;
  for (let at = 0; at < samples.length; at += chunk) {
    frames += bank.push(samples.subarray(at, at + chunk), out, frames * MEL_BINS);
  }
  return out.subarray(0, frames * MEL_BINS);
}

test("features are Kaldi's to a thousandth, which is its own 32-bit rounding", () => {
  const ours = features(new FilterBank(), chirp(), 320);
  const furthest = Object.entries(golden.frames).map(([frame, theirs]) =>
    Math.max(...theirs.map((value, bin) => Math.abs(value - (ours[Number(frame) * MEL_BINS + bin] ?? 99)))),
  );

  expect(ours.length / MEL_BINS).toBe(49);
  expect(Math.max(...furthest)).toBeLessThan(1e-3);
});

test("any chunking gives the same features", () => {
  const whole = features(new FilterBank(), chirp(), 8000);

  expect(features(new FilterBank(), chirp(), 37)).toEqual(whole);
  expect(features(new FilterBank(), chirp(), 1)).toEqual(whole);
});

test("digital silence is the floor and no infinity", () => {
  const silent = features(new FilterBank(), new Int16Array(1600), 320);

  expect([...new Set(silent)]).toEqual([Math.fround(Math.log(2 ** -23))]);
});

test("a clone goes on as the original does, and a reset begins anew", () => {
  const bank = new FilterBank();
  const fresh = features(new FilterBank(), chirp(), 320);
  features(bank, chirp().subarray(0, 3001), 320);
  const copy = bank.clone();

  const rest = features(bank, chirp().subarray(3001), 320);
  expect(features(copy, chirp().subarray(3001), 50)).toEqual(rest);
  expect(rest).toEqual(fresh.slice(fresh.length - rest.length));
  bank.reset();
  expect(features(bank, chirp(), 320)).toEqual(fresh);
});
