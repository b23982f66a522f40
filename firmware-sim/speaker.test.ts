import { expect, test } from "bun:test";
import { FakeClock } from "#testing/fake-clock.ts";
import { Speaker, type SpeakerReport } from "./speaker.ts";

function speaker() {
  const clock = new FakeClock();
  const reports: SpeakerReport[] = [];
  const controller = new AbortController();
  const made = new Speaker({
    capacityMs: 500,
    clock,
    signal: controller.signal,
    onPlayed: () => undefined,
    report: (report) => reports.push(report),
  });
  return { clock, reports, controller, speaker: made };
}

const sound = (ms: number) => new Uint8Array(ms * 32).fill(1);

test("a turn reports its start, a position each 100 ms, its last sample and silence", async () => {
  const { clock, reports, speaker: made } = speaker();

  made.begin("t1");
  made.push(sound(250));
  made.end("t1");
  await clock.advance(1000);

  expect(reports).toEqual([
    { kind: "audio-start", turn: "t1" },
    { kind: "position", turn: "t1", samples: 1600 },
    { kind: "position", turn: "t1", samples: 3200 },
    { kind: "position", turn: "t1", samples: 4000 },
    { kind: "turn-played", turn: "t1", samples: 4000 },
    { kind: "audio-end", stopped: false },
  ]);
  expect(clock.sleeping).toBe(0);
});

test("an end that is announced after the last sample completes the turn at once", async () => {
  const { clock, reports, speaker: made } = speaker();
  made.begin("t1");
  made.push(sound(20));
  await clock.advance(900);

  made.end("t1");

  expect(reports.at(-2)).toEqual({ kind: "turn-played", turn: "t1", samples: 320 });
  expect(reports.at(-1)).toEqual({ kind: "audio-end", stopped: false });
});

test("a stop gives the last position, silence and no completion", async () => {
  const { clock, reports, speaker: made } = speaker();
  made.begin("t1");
  made.push(sound(300));
  await clock.advance(50);

  made.stop();
  await clock.advance(1000);

  expect(reports.slice(1)).toEqual([
    { kind: "position", turn: "t1", samples: 800 },
    { kind: "audio-end", stopped: true },
  ]);
  expect(made.audible).toBe(false);
  expect(clock.sleeping).toBe(0);
});

test("sound nobody announced ends 300 ms after its last sample", async () => {
  const { clock, reports, speaker: made } = speaker();

  made.push(sound(40));
  await clock.advance(330);
  expect(reports).toEqual([{ kind: "audio-start", turn: undefined }]);
  await clock.advance(40);

  expect(reports.at(-1)).toEqual({ kind: "audio-end", stopped: false });
});

test("underruns and overruns are reported when they happen", async () => {
  const { clock, reports, speaker: made } = speaker();
  made.push(sound(20));
  await clock.advance(70);

  made.push(sound(600));

  expect(reports.slice(1)).toEqual([
    { kind: "overrun", bytes: 3200 },
    { kind: "underrun", gapMs: 50 },
  ]);
});

test("losing power is silent, and the speaker works again afterwards", async () => {
  const { clock, reports, speaker: made } = speaker();
  made.begin("t1");
  made.push(sound(300));

  made.reset();
  await clock.advance(500);
  made.push(sound(20));
  await clock.advance(500);

  expect(reports.map((report) => report.kind)).toEqual(["audio-start", "audio-start", "audio-end"]);
});

test("an abort leaves no timer behind", async () => {
  const { clock, controller, speaker: made } = speaker();
  made.push(sound(300));

  controller.abort();
  await clock.settle();

  expect(clock.sleeping).toBe(0);
});
