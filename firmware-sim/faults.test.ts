import { expect, test } from "bun:test";
import { parseDuration } from "./duration.ts";
import { parseFault, parseFaultPlan } from "./faults.ts";

test("faults are read with their values and units", () => {
  expect(parseFault("jitter=80ms")).toEqual({ kind: "jitter", maxMs: 80 });
  expect(parseFault("loss=5%")).toEqual({ kind: "loss", ratio: 0.05 });
  expect(parseFault("reorder=0.1")).toEqual({ kind: "reorder", ratio: 0.1 });
  expect(parseFault("drift=-200")).toEqual({ kind: "drift", ppm: -200 });
  expect(parseFault("slow-reader=0")).toEqual({ kind: "slow-reader", bytesPerSecond: 0 });
  expect(parseFault("half-open")).toEqual({ kind: "half-open" });
});

test("a plan is ordered by time", () => {
  expect(parseFaultPlan("reset@5s, loss=5%,none@2m")).toEqual([
    { atMs: 0, fault: { kind: "loss", ratio: 0.05 } },
    { atMs: 5000, fault: { kind: "reset" } },
    { atMs: 120_000, fault: { kind: "none" } },
  ]);
});

test("what is no fault is refused with what would be one", () => {
  expect(() => parseFault("meteor")).toThrow('no fault "meteor"');
  expect(() => parseFault("reset=3")).toThrow("takes no value");
  expect(() => parseFault("loss=120%")).toThrow("0% to 100%");
  expect(() => parseFault("drift=")).toThrow("needs a number");
  expect(() => parseFault("slow-reader=-1")).toThrow("0 or more");
  expect(() => parseFault("jitter")).toThrow("no duration");
  expect(() => parseFaultPlan("reset@5")).toThrow("write it as");
});

test("durations have units", () => {
  expect([parseDuration("250ms"), parseDuration("1.5s"), parseDuration("2m")]).toEqual([250, 1500, 120_000]);
  expect(() => parseDuration("5")).toThrow('"5" is no duration');
});
