import { expect, test } from "bun:test";
import { type Completeness, type EndpointDecision, Endpointer } from "#core/endpoint.ts";

const OPTIONS = { silenceMs: 700, noSpeechMs: 5000, maxUtteranceMs: 15_000 };
const WINDOW = 512;

/** Feed one score per 32 ms window for each `[score, ms]` stretch; returns what was decided and when, in ms. */
function decisions(
  stretches: readonly (readonly [score: number, ms: number])[],
  { from = 0, understood = true, completeness = "open" as Completeness } = {},
): [kind: string, atMs: number][] {
  const endpointer = new Endpointer(OPTIONS, from);
  endpointer.understood(understood, completeness);
  const made: [string, number][] = [];
  let sample = 0;
  for (const [score, ms] of stretches) {
    for (let window = 0; window < Math.round(ms / 32); window++) {
      sample += WINDOW;
      const decision = endpointer.voice(score, sample);
      if (decision) made.push([decision.kind, sample / 16]);
    }
  }
  return made;
}

test("an utterance ends after the configured silence", () => {
  const made = decisions([
    [0.01, 320],
    [0.9, 960],
    [0.01, 2000],
  ]);

  expect(made.map(([kind]) => kind)).toEqual(["speech-started", "utterance-end"]);
  expect(made[1]?.[1]).toBeGreaterThanOrEqual(1280 + 700);
  expect(made[1]?.[1]).toBeLessThan(1280 + 700 + 64);
});

test("a pause shorter than the silence does not end the utterance", () => {
  const made = decisions([
    [0.9, 640],
    [0.01, 608],
    [0.9, 640],
    [0.01, 1000],
  ]);

  expect(made.map(([kind]) => kind)).toEqual(["speech-started", "utterance-end"]);
});

test("a soft syllable between the thresholds keeps the utterance open", () => {
  const made = decisions([
    [0.9, 640],
    [0.4, 3200],
  ]);

  expect(made.map(([kind]) => kind)).toEqual(["speech-started"]);
});

test("a one-word command of 320 ms that was understood is an utterance", () => {
  const made = decisions([
    [0.01, 200],
    [0.9, 320],
    [0.01, 1000],
  ]);

  expect(made.map(([kind]) => kind)).toEqual(["speech-started", "utterance-end"]);
});

test("the tail of a wake phrase in which nothing was understood is a false start", () => {
  const made = decisions(
    [
      [0.9, 192],
      [0.01, 1500],
    ],
    { understood: false },
  );

  expect(made.map(([kind]) => kind)).toEqual(["speech-started", "false-start"]);
});

test("speech after a false start is heard", () => {
  const made = decisions(
    [
      [0.9, 192],
      [0.01, 1500],
      [0.9, 640],
      [0.01, 1000],
    ],
    { understood: false },
  );

  expect(made.map(([kind]) => kind)).toEqual([
    "speech-started",
    "false-start",
    "speech-started",
    "utterance-end",
  ]);
});

test("scores of the wake phrase itself are ignored", () => {
  const made = decisions(
    [
      [0.9, 960],
      [0.01, 2000],
    ],
    { from: 16 * 960 },
  );

  expect(made).toEqual([]);
});

test("nobody speaking ends the wait at its cap", () => {
  const made = decisions([[0.01, 6000]]);

  expect(made.map(([kind]) => kind)).toEqual(["no-speech"]);
  expect(made[0]?.[1]).toBeLessThan(5000 + 64);
});

test("somebody who never stops is cut at the longest utterance", () => {
  const made = decisions([[0.9, 20_000]]);

  expect(made.map(([kind]) => kind)).toEqual(["speech-started", "utterance-end"]);
  expect(made[1]?.[1]).toBeLessThan(15_000 + 128);
});

test("without any score the wait still ends: absence of scores is unknown, not silence", () => {
  const endpointer = new Endpointer(OPTIONS, 0);

  expect(endpointer.heard(16 * 4999)).toBeUndefined();
  expect(endpointer.heard(16 * 5000)).toEqual({ kind: "no-speech" } satisfies EndpointDecision);
});

test("a click shorter than three windows is not speech", () => {
  expect(
    decisions([
      [0.01, 320],
      [0.9, 64],
      [0.01, 960],
    ]),
  ).toEqual([]);
});

test("after the end nothing more is decided", () => {
  const endpointer = new Endpointer(OPTIONS, 0);
  endpointer.heard(16 * 5000);

  expect(endpointer.voice(0.9, 16 * 6000)).toBeUndefined();
  expect(endpointer.heard(16 * 60_000)).toBeUndefined();
});

test("a whole command ends sooner: at once when nothing longer begins like it", () => {
  const spoken = [
    [0.9, 960],
    [0.01, 2000],
  ] as const;
  const endOf = (completeness: Completeness) => decisions(spoken, { completeness })[1]?.[1];

  expect(endOf("closed")).toBe(960 + 224);
  expect(endOf("extensible")).toBe(960 + 448);
  expect(endOf("open")).toBe(960 + 704);
});

test("a command understood only in the silence after it ends the utterance then", () => {
  const endpointer = new Endpointer(OPTIONS, 0);
  for (let window = 1; window <= 40; window++) endpointer.voice(window <= 30 ? 0.9 : 0.01, window * WINDOW);

  expect(endpointer.understood(true, "closed")).toMatchObject({
    kind: "utterance-end",
    speechEndSample: 30 * WINDOW,
  });
});

test("a command understood while its speaker goes on does not end anything", () => {
  const endpointer = new Endpointer(OPTIONS, 0);
  for (let window = 1; window <= 30; window++) endpointer.voice(0.9, window * WINDOW);

  expect(endpointer.understood(true, "closed")).toBeUndefined();
});

test("a word that began the turn and is over by then ends the utterance after the silence", () => {
  const endpointer = new Endpointer(OPTIONS, 8000, 16_000);
  endpointer.understood(true, "open");

  expect(endpointer.speaking).toBe(true);
  expect(endpointer.voice(0.1, 16_000 + 699 * 16)).toBeUndefined();
  expect(endpointer.voice(0.1, 16_000 + 700 * 16)).toEqual({
    kind: "utterance-end",
    speechEndSample: 16_000,
    by: "silence",
  });
});

test("when the detector is lost in the middle of an utterance, what was said is waited for no longer", () => {
  const endpointer = new Endpointer(OPTIONS, 0);
  for (let window = 1; window <= 30; window++) endpointer.voice(0.9, window * WINDOW);

  expect(endpointer.heard(30 * WINDOW + 16 * 1999)).toBeUndefined();
  expect(endpointer.heard(30 * WINDOW + 16 * 2000)).toEqual({
    kind: "utterance-end",
    speechEndSample: 30 * WINDOW,
    by: "cap",
  });
});
