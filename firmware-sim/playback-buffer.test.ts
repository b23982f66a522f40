import { expect, test } from "bun:test";
import { bytesOf } from "#core/pcm.ts";
import { PlaybackBuffer } from "./playback-buffer.ts";
import { Recording } from "./recording.ts";

/** `ms` milliseconds of rising samples beginning with `first`. */
function sound(ms: number, first = 1): Uint8Array {
  return bytesOf(Int16Array.from({ length: ms * 16 }, (_, i) => first + i));
}

function buffer(capacityMs = 500) {
  const recording = new Recording();
  const playback = new PlaybackBuffer(capacityMs, (...played) => recording.add(...played));
  return { playback, recording };
}

test("sound is played at 16 samples a millisecond", () => {
  const { playback } = buffer();

  playback.push(sound(100), 1000);
  playback.advance(1040);

  expect(playback.playedSamples).toBe(640);
  expect(playback.bufferedSamples).toBe(960);
  expect(playback.dryAtMs).toBe(1100);
});

test("many small steps play exactly as much as one large step", () => {
  const { playback } = buffer();
  playback.push(sound(100), 0);

  for (let ms = 0.07; ms < 90; ms += 0.07) playback.advance(ms);
  playback.advance(90);

  expect(playback.playedSamples).toBe(1440);
});

test("sound that does not fit is lost and counted", () => {
  const { playback } = buffer(100);

  const lost = playback.push(sound(150), 0);

  expect(lost).toBe(50 * 32);
  expect(playback.droppedBytes).toBe(50 * 32);
  expect(playback.bufferedSamples).toBe(1600);
});

test("running dry in the middle of a turn is one underrun with its gap", () => {
  const { playback } = buffer();
  playback.begin("t1");
  playback.push(sound(100), 0);
  playback.advance(120);
  playback.push(sound(100), 140);
  playback.end("t1");
  playback.advance(400);

  expect(playback.underruns).toEqual([{ atMs: 100, gapMs: 40 }]);
});

test("running dry at the end of a turn is no underrun, however late the end is announced", () => {
  const { playback } = buffer();
  playback.begin("t1");
  playback.push(sound(100), 0);
  playback.advance(150);
  playback.end("t1");
  playback.advance(160);
  playback.begin("t2");
  playback.push(sound(100), 170);

  expect(playback.underruns).toEqual([]);
});

test("without announcements a short pause is an underrun and a long one is not", () => {
  const { playback } = buffer();
  playback.push(sound(20), 0);
  playback.push(sound(20), 70);
  playback.push(sound(20), 700);

  expect(playback.underruns).toEqual([{ atMs: 20, gapMs: 50 }]);
});

test("a turn is over once it was ended and its last sample has been played", () => {
  const { playback } = buffer();
  playback.begin("t1");
  playback.push(sound(100), 0);
  playback.end("t1");

  expect(playback.advance(99)).toEqual([]);
  expect(playback.positionOf("t1")).toBe(1584);
  expect(playback.advance(100)).toEqual([{ turn: "t1", samples: 1600 }]);
  expect(playback.advance(101)).toEqual([]);
});

test("two turns in the buffer are told apart", () => {
  const { playback, recording } = buffer();
  playback.begin("t1");
  playback.push(sound(50), 0);
  playback.end("t1");
  playback.begin("t2");
  playback.push(sound(50, 5000), 1);

  expect(playback.advance(60)).toEqual([{ turn: "t1", samples: 800 }]);
  expect(playback.playingTurn).toBe("t2");
  expect(playback.positionOf("t2")).toBe(160);
  expect(recording.speechOf("t2")[0]).toBe(5000);
});

test("clearing throws away what waits and begins anew", () => {
  const { playback } = buffer();
  playback.begin("t1");
  playback.push(sound(100), 0);

  expect(playback.clear(40)).toBe(960);

  expect(playback.playedSamples).toBe(640);
  expect(playback.dryAtMs).toBeUndefined();
  playback.push(sound(20), 50);
  expect(playback.underruns).toEqual([]);
  expect(playback.playingTurn).toBeUndefined();
});

test("a sample split over two pushes is whole again", () => {
  const { playback, recording } = buffer();
  const bytes = sound(20);

  playback.push(bytes.subarray(0, 3), 0);
  playback.push(bytes.subarray(3, 10), 0);
  playback.push(bytes.subarray(10), 0);
  playback.advance(20);

  expect([...recording.timeline()]).toEqual(Array.from({ length: 320 }, (_, i) => i + 1));
});

test("a crystal that runs 200 ppm fast plays 3.2 samples more in a second", () => {
  const { playback } = buffer(11_000);
  playback.setDriftPpm(200);
  playback.push(sound(10_100), 0);

  playback.advance(10_000);

  expect(playback.playedSamples).toBe(160_032);
});

test("the recording has silence where nothing was played", () => {
  const { playback, recording } = buffer();
  playback.push(sound(20), 0);
  playback.push(sound(20), 1020);
  playback.advance(2000);

  const timeline = recording.timeline();

  expect(timeline.length).toBe(1040 * 16);
  expect([timeline[0], timeline[319], timeline[320], timeline[1020 * 16]]).toEqual([1, 320, 0, 1]);
  expect(recording.timeline(100).length).toBe(140 * 16);
});

test("a recording over its limit forgets the oldest and says how much", () => {
  const recording = new Recording(30);
  recording.add(new Int16Array(320).fill(1), undefined, 0, false);
  recording.add(new Int16Array(320).fill(2), undefined, 500, false);

  expect(recording.length).toBe(320);
  expect(recording.forgottenSamples).toBe(320);
  expect(recording.timeline()[0]).toBe(2);
});
