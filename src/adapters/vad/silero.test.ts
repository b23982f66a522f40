import { afterAll, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import type { VoiceActivityStream } from "#ports/voice-activity.ts";
import { framesOf, recording, recordingsIn, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { sileroVad } from "./silero.ts";

const vad = await sileroVad({ cacheDir: tmpdir() });
afterAll(() => vad[Symbol.dispose]());

function scores(stream: VoiceActivityStream, samples: Int16Array): (number | undefined)[] {
  return framesOf(samples).map((frame) => stream.push(frame));
}
const known = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);

test("quiet is unknown for the first 192 ms and then judged every 32 ms", () => {
  using stream = vad.open();
  const values = scores(stream, new Int16Array(320 * 80));

  // 80 frames are 50 windows; the first six say nothing.
  expect(known(values)).toHaveLength(44);
  expect(values.findIndex((value) => value !== undefined)).toBe(11);
  expect(Math.max(...known(values))).toBeLessThan(0.35);
});

test("a closed stream is refused and closing twice is harmless", () => {
  const stream = vad.open();
  stream[Symbol.dispose]();
  stream[Symbol.dispose]();

  expect(() => stream.push(new Int16Array(320))).toThrow("closed");
});

const withSpeech = testWith(SPEECH_DIR);

withSpeech("no recorded command is missed", () => {
  const missed = [...recordingsIn("sentences"), ...recordingsIn("wake/computer")].filter((path) => {
    using stream = vad.open();
    return Math.max(0, ...known(scores(stream, recording(path)))) < 0.5;
  });

  expect(missed).toEqual([]);
});

withSpeech("two minutes of kitchen noise hold no speech", () => {
  using stream = vad.open();

  expect(Math.max(...known(scores(stream, recording("noise/kitchen.wav"))))).toBeLessThan(0.5);
});

withSpeech("a stream opened in the middle of a word never calls it silence", () => {
  const samples = recording("sentences/LJ001-0001.wav");
  for (const from of [16_000, 24_000, 32_000, 40_000, 48_000]) {
    using stream = vad.open();

    const values = known(scores(stream, samples.subarray(from, from + 320 * 20)));
    expect(Math.min(...values)).toBeGreaterThan(0.5);
  }
});

withSpeech("a stream that was reset, and one beside others, scores as a fresh one", () => {
  const samples = recording("sentences/r3-time.wav");
  using fresh = vad.open();
  using used = vad.open();
  const expected = scores(fresh, samples);
  scores(used, recording("noise/kitchen.wav").subarray(0, 16_100));
  used.reset();

  const again = framesOf(samples).map((frame) => {
    fresh.push(frame);
    return used.push(frame);
  });

  expect(again).toEqual(expected);
});
