import { expect, test } from "bun:test";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { house } from "#testing/house.ts";
import { WakeMeter } from "./wake-meter.ts";

function meter() {
  const clock = new FakeClock();
  const told: unknown[] = [];
  const it = new WakeMeter(clock, (draft) => told.push(draft));
  const take = (score: number, phrase = "hey tars") =>
    it.take({ phrase, score, threshold: 0.5, endSample: FRAME_SAMPLES });
  return { clock, told, take };
}

test("a score that changes a hundred times a second is told at most fifteen times", async () => {
  const { clock, told, take } = meter();

  for (let n = 0; n < 100; n++) {
    take(n % 2 === 0 ? 0.1 : 0.4 + n / 1000);
    await clock.advance(10);
  }

  expect(told.length).toBeGreaterThanOrEqual(13);
  expect(told.length).toBeLessThanOrEqual(15);
});

test("what stays the same is told once, and in silence another phrase is no news", async () => {
  const { clock, told, take } = meter();

  for (const [score, phrase] of [[0.05], [0.06], [0.05, "computer"], [0.45], [0.45, "computer"]] as const) {
    take(score, phrase);
    await clock.advance(100);
  }

  expect(told).toEqual([
    { type: "wake_score", phrase: "hey tars", score: 0.05, threshold: 0.5 },
    { type: "wake_score", phrase: "hey tars", score: 0.45, threshold: 0.5 },
    { type: "wake_score", phrase: "computer", score: 0.45, threshold: 0.5 },
  ]);
});

test("a session tells of its own satellite how near a phrase came", () => {
  const it = house();

  it.hearing.ear("kitchen").hearWakeScore(0.3);

  expect(it.bus.of("wake_score")).toMatchObject([
    { satellite_id: "kitchen", phrase: "hey tars", score: 0.3, threshold: 0.5 },
  ]);
});
