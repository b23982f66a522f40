import { expect, test } from "bun:test";
import { FRAME_SAMPLES, levelDb, type PcmFrame } from "#core/pcm.ts";
import { SpeechLevel } from "./speech-level.ts";

/** A tone at a level in dB of full scale. */
function tone(db: number): PcmFrame {
  const amplitude = 32768 * Math.SQRT2 * 10 ** (db / 20);
  return Int16Array.from({ length: FRAME_SAMPLES }, (_, n) =>
    Math.round(amplitude * Math.sin((n * Math.PI) / 8)),
  );
}

/** What becomes of the last of `frames`, in dB. */
function scaledDb(level: SpeechLevel, ...frames: readonly PcmFrame[]): number {
  const scaled = new Int16Array(FRAME_SAMPLES);
  for (const frame of frames) level.scale(frame, scaled);
  return levelDb(scaled);
}

/** One second of background, then three of speech; repeated. */
function talk(db: number, times: number): PcmFrame[] {
  const once = [...new Array<PcmFrame>(50).fill(tone(-70)), ...new Array<PcmFrame>(150).fill(tone(db))];
  return Array.from({ length: times }, () => once).flat();
}

test("speech of the usual level is made 26 dB quieter from the first frame", () => {
  expect(scaledDb(new SpeechLevel(), tone(-17))).toBeCloseTo(-43, 0);
});

test("quiet speech comes to the same level after some seconds", () => {
  expect(scaledDb(new SpeechLevel(), ...talk(-37, 4))).toBeCloseTo(-43, 0);
});

test("loud speech comes to the same level within half a second", () => {
  const oneSecondOfQuiet = new Array<PcmFrame>(50).fill(tone(-70));

  expect(
    scaledDb(new SpeechLevel(), ...oneSecondOfQuiet, ...new Array<PcmFrame>(25).fill(tone(-7))),
  ).toBeCloseTo(-42, -1);
});

test("an hour of quiet changes nothing", () => {
  const level = new SpeechLevel();
  const night = tone(-70);
  for (let i = 0; i < 3600 * 50; i++) level.scale(night, new Int16Array(FRAME_SAMPLES));

  expect(scaledDb(level, tone(-17))).toBeCloseTo(-43, 0);
});

test("nothing is ever made louder", () => {
  expect(scaledDb(new SpeechLevel(), ...talk(-60, 20))).toBeLessThanOrEqual(-60 + 0.1);
});

test("after a reset it starts over", () => {
  const level = new SpeechLevel();
  scaledDb(level, ...talk(-37, 4));

  level.reset();

  expect(scaledDb(level, tone(-17))).toBeCloseTo(-43, 0);
});
