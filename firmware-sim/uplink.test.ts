import { expect, test } from "bun:test";
import { samplesFromBytes } from "#core/pcm.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { type Conditions, noConditions } from "./faults.ts";
import { Microphone } from "./microphone.ts";
import { Uplink } from "./uplink.ts";

/** An uplink whose chunks are one utterance of numbered 20 ms pieces: every sample of piece n is n. */
function uplink(options: { chunkBytes?: number; speed?: number; conditions?: Partial<Conditions> } = {}) {
  const clock = new FakeClock();
  const microphone = new Microphone({ noiseAmplitude: 0, echoRatio: 0, seed: 1 });
  const sent: { atMs: number; piece: number; bytes: number }[] = [];
  microphone.say(
    Int16Array.from({ length: 320 * 20_000 }, (_, i) => Math.floor(i / 320)),
    () => undefined,
  );
  const made = new Uplink({
    microphone,
    clock,
    chunkBytes: options.chunkBytes ?? 640,
    speed: options.speed ?? 1,
    seed: 7,
    send: (chunk) =>
      sent.push({ atMs: clock.now(), piece: samplesFromBytes(chunk)[0] ?? -1, bytes: chunk.length }),
  });
  made.setConditions({ ...noConditions(), ...options.conditions });
  const controller = new AbortController();
  const done = made.run(controller.signal);
  return { clock, sent, uplink: made, controller, done };
}

test("chunks leave at absolute deadlines", async () => {
  const { clock, sent } = uplink();

  await clock.advance(100);

  expect(sent.map(({ atMs, piece }) => [atMs, piece])).toEqual([
    [20, 0],
    [40, 1],
    [60, 2],
    [80, 3],
    [100, 4],
  ]);
});

test("chunks of any size keep real time", async () => {
  const { clock, sent } = uplink({ chunkBytes: 1001 });

  await clock.advance(10_000);

  expect(sent.length).toBe(Math.floor((10_000 * 32) / 1001));
  expect(sent.every(({ bytes }) => bytes === 1001)).toBe(true);
});

test("four times the speed sends four times as much", async () => {
  const { clock, sent } = uplink({ speed: 4 });

  await clock.advance(1000);

  expect(sent.length).toBe(200);
});

test("a crystal 200 ppm fast sends one chunk more in 100 s", async () => {
  const { clock, uplink: made } = uplink({ conditions: { driftPpm: 200 } });

  await clock.advance(100_010);

  expect(made.chunks).toBe(5001);
});

test("lost chunks never arrive and the rest keep their times", async () => {
  const { clock, sent, uplink: made } = uplink({ conditions: { lossRatio: 0.2 } });

  await clock.advance(20_000);

  expect(made.lost).toBeGreaterThan(150);
  expect(made.lost).toBeLessThan(250);
  expect(sent.length + made.lost).toBe(1000);
  expect(sent.every(({ atMs, piece }) => atMs === (piece + 1) * 20)).toBe(true);
});

test("jitter delays chunks by up to its maximum and keeps their order", async () => {
  const { clock, sent } = uplink({ conditions: { jitterMs: 80 } });

  await clock.advance(10_000);

  const delays = sent.map(({ atMs, piece }) => atMs - (piece + 1) * 20);
  expect(sent.map(({ piece }) => piece)).toEqual(sent.map((_, i) => i));
  expect(Math.max(...delays)).toBeGreaterThan(50);
  expect(Math.max(...delays)).toBeLessThanOrEqual(80);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
});

test("duplicated chunks arrive twice and reordered ones change places", async () => {
  const twice = uplink({ conditions: { duplicateRatio: 1 } });
  const swapped = uplink({ conditions: { reorderRatio: 1 } });

  await twice.clock.advance(40);
  await swapped.clock.advance(80);

  expect(twice.sent.map(({ piece }) => piece)).toEqual([0, 0, 1, 1]);
  expect(swapped.sent.map(({ piece }) => piece)).toEqual([1, 0, 3, 2]);
});

test("an abort ends it without a timer left", async () => {
  const { clock, controller, done } = uplink();
  await clock.advance(50);

  controller.abort();
  await done;

  expect(clock.sleeping).toBe(0);
});
