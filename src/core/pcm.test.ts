import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  bytesOf,
  FRAME_BYTES,
  FRAME_SAMPLES,
  Framer,
  levelDb,
  msOf,
  samplesFromBytes,
  samplesOf,
} from "#core/pcm.ts";

test("any chunking of the same bytes gives the same frames", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }), (sizes) => {
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const bytes = Uint8Array.from({ length: total }, (_, i) => (i * 31) & 255);
      const framer = new Framer();
      const frames: Int16Array[] = [];
      let at = 0;
      for (const size of sizes) {
        framer.push(bytes.subarray(at, at + size), (frame) => frames.push(frame));
        at += size;
      }

      expect(frames.length).toBe(Math.floor(total / FRAME_BYTES));
      expect(framer.pendingBytes).toBe(total % FRAME_BYTES);
      frames.forEach((frame, i) => {
        expect(bytesOf(frame)).toEqual(bytes.slice(i * FRAME_BYTES, (i + 1) * FRAME_BYTES));
      });
    }),
    { numRuns: 50 },
  );
});

test("an emitted frame stays as it was when the framer goes on", () => {
  const framer = new Framer();
  const frames: Int16Array[] = [];
  framer.push(new Uint8Array(FRAME_BYTES).fill(1), (frame) => frames.push(frame));
  framer.push(new Uint8Array(FRAME_BYTES).fill(2), (frame) => frames.push(frame));

  expect(frames.map((frame) => frame[0])).toEqual([0x0101, 0x0202]);
});

test("a reset framer forgets the half frame", () => {
  const framer = new Framer();
  framer.push(new Uint8Array(100), () => undefined);

  framer.reset();

  expect(framer.pendingBytes).toBe(0);
});

test("bytes at an odd offset are read as samples, and a trailing odd byte is left out", () => {
  const buffer = new Uint8Array([9, 1, 0, 2, 0, 7]);

  expect([...samplesFromBytes(buffer.subarray(1))]).toEqual([1, 2]);
});

test("milliseconds and samples convert both ways", () => {
  expect(samplesOf(20)).toBe(FRAME_SAMPLES);
  expect(msOf(FRAME_SAMPLES)).toBe(20);
});

test("the level of full scale is 0 dB, of half scale -6 dB, and of silence -100 dB", () => {
  expect(levelDb(new Int16Array(320).fill(-32768))).toBeCloseTo(0, 3);
  expect(levelDb(new Int16Array(320).fill(16384))).toBeCloseTo(-6.02, 2);
  expect(levelDb(new Int16Array(320))).toBe(-100);
});

test("a Node Buffer out of a shared pool gives its own samples and no others", () => {
  const pooled = Buffer.from([1, 0, 2, 0]);

  expect([...samplesFromBytes(pooled)]).toEqual([1, 2]);
});
