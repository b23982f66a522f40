import { expect, test } from "bun:test";
import { msOf } from "./pcm.ts";
import { type ToneName, tone } from "./tones.ts";

const NAMES: readonly ToneName[] = ["ack", "error", "done", "timer", "cancel"];

/** Zero crossings per second over a part of a tone: a pitch estimate good enough to order strokes. */
function pitchHz(samples: Int16Array, fromMs: number, toMs: number): number {
  const part = samples.subarray(fromMs * 16, toMs * 16);
  let crossings = 0;
  for (let n = 1; n < part.length; n++) if ((part[n - 1] ?? 0) < 0 !== (part[n] ?? 0) < 0) crossings++;
  return (crossings / 2 / part.length) * 16_000;
}

for (const name of NAMES) {
  test(`${name} stays at or below −12 dBFS and is loud enough to hear`, () => {
    const loudest = tone(name).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

    expect(20 * Math.log10(loudest / 32_768)).toBeLessThan(-12);
    expect(20 * Math.log10(loudest / 32_768)).toBeGreaterThan(-20);
  });

  test(`${name} begins and ends in silence and never jumps`, () => {
    const samples = tone(name);

    expect(samples[0]).toBe(0);
    expect(samples.at(-1)).toBe(0);
    for (let n = 0; n < 16; n++) {
      expect(Math.abs(samples[n] ?? 0)).toBeLessThan(600);
      expect(Math.abs(samples.at(-1 - n) ?? 0)).toBeLessThan(200);
    }
  });

  test(`${name} is short`, () => {
    expect(msOf(tone(name).length)).toBeLessThanOrEqual(name === "timer" ? 1100 : 400);
  });
}

test("acknowledgement is over within 150 ms, before anybody has begun to speak", () => {
  expect(msOf(tone("ack").length)).toBeLessThanOrEqual(150);
});

test("acknowledgement and done rise, cancel falls, error stays low", () => {
  const error = tone("error");

  expect(pitchHz(tone("ack"), 90, 140)).toBeGreaterThan(pitchHz(tone("ack"), 5, 50) * 1.2);
  expect(pitchHz(tone("done"), 180, 300)).toBeGreaterThan(pitchHz(tone("done"), 5, 100) * 1.2);
  expect(pitchHz(tone("cancel"), 160, 260)).toBeLessThan(pitchHz(tone("cancel"), 5, 90) / 1.2);
  expect(pitchHz(error, 5, 140)).toBeLessThan(300);
  expect(pitchHz(error, 190, 370)).toBeLessThan(300);
});

test("all five are different and the same each time", () => {
  expect(new Set(NAMES.map((name) => tone(name).join())).size).toBe(5);
  expect(tone("timer")).toEqual(tone("timer"));
});
