import { expect, test } from "bun:test";
import { NoiseFloor } from "#core/noise-floor.ts";

function fed(...stretches: readonly (readonly [levelDb: number, seconds: number])[]): NoiseFloor {
  const floor = new NoiseFloor();
  for (const [levelDb, seconds] of stretches) {
    for (let frame = 0; frame < seconds * 50; frame++) floor.push(levelDb);
  }
  return floor;
}

test("speech over a quiet room does not raise its floor", () => {
  expect(fed([-60, 2], [-20, 3]).levelDb).toBe(-60);
});

test("a room that grows louder is believed after eight seconds", () => {
  expect(fed([-60, 2], [-40, 7]).levelDb).toBe(-60);
  expect(fed([-60, 2], [-40, 9]).levelDb).toBe(-40);
});

test("a room that grows quieter is believed at once", () => {
  expect(fed([-40, 5], [-70, 0.02]).levelDb).toBe(-70);
});

test("before the first frame nothing is known of the room", () => {
  expect(new NoiseFloor().levelDb).toBe(-100);
});
