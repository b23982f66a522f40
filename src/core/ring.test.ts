import { expect, test } from "bun:test";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import { FrameRing } from "#core/ring.ts";

const frameOf = (value: number) => new Int16Array(FRAME_SAMPLES).fill(value);

test("each frame is named by the index of its first sample", () => {
  const ring = new FrameRing(100);

  expect([ring.push(frameOf(1)), ring.push(frameOf(2)), ring.push(frameOf(3))]).toEqual([0, 320, 640]);
  expect(ring.nextSample).toBe(960);
});

test("frames are read back from the one that holds a sample", () => {
  const ring = new FrameRing(100);
  for (let i = 0; i < 4; i++) ring.push(frameOf(i));

  const read = ring.framesFrom(700);

  expect(read.firstSample).toBe(640);
  expect(read.frames.map((frame) => frame[0])).toEqual([2, 3]);
});

test("a full ring overwrites the oldest frame, counts it, and keeps the index rising", () => {
  const ring = new FrameRing(60);
  for (let i = 0; i < 8; i++) ring.push(frameOf(i));

  const read = ring.framesFrom(0);

  expect(ring.overwrittenFrames).toBe(5);
  expect(ring.oldestSample).toBe(5 * FRAME_SAMPLES);
  expect(read.firstSample).toBe(5 * FRAME_SAMPLES);
  expect(read.frames.map((frame) => frame[0])).toEqual([5, 6, 7]);
});

test("a frame read back is a copy that later audio does not change", () => {
  const ring = new FrameRing(20);
  ring.push(frameOf(1));
  const before = ring.framesFrom(0).frames[0];

  ring.push(frameOf(2));

  expect(before?.[0]).toBe(1);
});

test("skipped audio is silence and keeps the index true to time", () => {
  const ring = new FrameRing(100);
  ring.push(frameOf(7));
  ring.skip(2);
  ring.push(frameOf(8));

  const read = ring.framesFrom(0);

  expect(read.frames.map((frame) => frame[0])).toEqual([7, 0, 0, 8]);
  expect(ring.nextSample).toBe(4 * FRAME_SAMPLES);
});

test("skipping more than the ring holds leaves only silence", () => {
  const ring = new FrameRing(60);
  ring.push(frameOf(7));

  ring.skip(1000);

  expect(ring.nextSample).toBe(1001 * FRAME_SAMPLES);
  expect(ring.framesFrom(0).frames.map((frame) => frame[0])).toEqual([0, 0, 0]);
});

test("samples from the future are an empty read", () => {
  const ring = new FrameRing(60);
  ring.push(frameOf(1));

  expect(ring.framesFrom(5000).frames).toEqual([]);
});
