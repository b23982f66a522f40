import { expect, test } from "bun:test";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import { amplified, gainFor } from "./utterance-level.ts";

/** 500 ms of quiet, 500 ms of a tone at `db` of full scale. */
function utterance(db: number): PcmFrame[] {
  const amplitude = 32768 * Math.SQRT2 * 10 ** (db / 20);
  const tone = Int16Array.from({ length: FRAME_SAMPLES }, (_, n) =>
    Math.round(amplitude * Math.sin((n * Math.PI) / 8)),
  );
  return [
    ...new Array<PcmFrame>(25).fill(new Int16Array(FRAME_SAMPLES)),
    ...new Array<PcmFrame>(25).fill(tone),
  ];
}

test("speech near the model's level stays as it is", () => {
  expect([-26, -23, -20].map((db) => gainFor(utterance(db)))).toEqual([undefined, undefined, undefined]);
});

test("quiet and loud speech are brought to the model's level", () => {
  expect(gainFor(utterance(-43))).toBeCloseTo(10, 0);
  expect(gainFor(utterance(-9))).toBeCloseTo(0.2, 1);
});

test("an empty room is not raised beyond 30 dB", () => {
  expect(gainFor(utterance(-80))).toBeCloseTo(31.6, 1);
  expect(gainFor([])).toBeCloseTo(31.6, 1);
});

test("amplified samples clip instead of wrapping round", () => {
  expect([...amplified(Int16Array.of(-20_000, -1, 10, 20_000), 2)]).toEqual([-32_768, -2, 20, 32_767]);
});
