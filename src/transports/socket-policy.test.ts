import { expect, test } from "bun:test";
import { FakeClock } from "#testing/fake-clock.ts";
import { FEED_SOCKET, PolicyMeter, SATELLITE_SOCKET } from "./socket-policy.ts";

/** How many messages of `bytes` bytes pass at once. */
function passing(meter: PolicyMeter, bytes: number): number {
  let passed = 0;
  while (meter.take(bytes).kind === "pass") passed += 1;
  return passed;
}

test("a microphone in real time passes for an hour", async () => {
  const clock = new FakeClock();
  const meter = new PolicyMeter(SATELLITE_SOCKET, clock);
  const closed: number[] = [];

  for (let frame = 0; frame < 3600 * 50; frame++) {
    if (frame % 50 === 0) await clock.advance(1000);
    if (meter.take(640).kind === "close") closed.push(frame);
  }

  expect(closed).toEqual([]);
});

test("a satellite may send a burst of its burst size and not one message more", () => {
  const meter = new PolicyMeter(SATELLITE_SOCKET, new FakeClock());

  expect(passing(meter, 64_000)).toBe(16);
  expect(meter.take(64_000)).toEqual({ kind: "close", code: 1008, reason: "too many bytes per second" });
});

test("messages of one byte are limited by their number", () => {
  const meter = new PolicyMeter(SATELLITE_SOCKET, new FakeClock());

  expect(passing(meter, 1)).toBe(2_000);
  expect(meter.take(1)).toEqual({ kind: "close", code: 1008, reason: "too many messages per second" });
});

test("a message of exactly the limit passes and one byte more is too big", () => {
  const meter = new PolicyMeter(SATELLITE_SOCKET, new FakeClock());

  expect(meter.take(SATELLITE_SOCKET.maxPayloadBytes)).toEqual({ kind: "pass" });
  expect(meter.take(SATELLITE_SOCKET.maxPayloadBytes + 1)).toEqual({
    kind: "close",
    code: 1009,
    reason: "message too big",
  });
});

test("an emptied meter refills at the sustained rate and no further than the burst", async () => {
  const clock = new FakeClock();
  const meter = new PolicyMeter(FEED_SOCKET, clock);
  for (let i = 0; i < 4; i++) meter.take(16 * 1024);

  await clock.advance(1000);
  expect(passing(meter, 1024)).toBe(16);

  await clock.advance(3_600_000);
  expect(passing(meter, 1024)).toBe(64);
});

test("every class can receive its largest message", () => {
  for (const policy of [SATELLITE_SOCKET, FEED_SOCKET]) {
    expect(policy.burstBytes).toBeGreaterThanOrEqual(policy.maxPayloadBytes);
  }
});
