import { afterAll, expect } from "bun:test";
import { tmpdir } from "node:os";
import type { HearingEngine, HearingStream, UtteranceStream } from "#ports/hearing-engine.ts";
import type { SttPart } from "#ports/speech-to-text.ts";
import { framesOf, joined, recording, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { TRANSDUCER_DIR, TRANSDUCER_FILES, UNIGRAM_SCORES } from "#testing/transducer-model.ts";
import { transducerHearing } from "./hearing-engine.ts";

let opened: Promise<HearingEngine> | undefined;
const open = () => {
  opened ??= transducerHearing({
    files: TRANSDUCER_FILES,
    unigramScores: UNIGRAM_SCORES,
    cacheDir: tmpdir(),
  });
  return opened;
};
afterAll(async () => (await opened)?.[Symbol.dispose]());
const withModel = testWith(TRANSDUCER_DIR, SPEECH_DIR);

const TIMER = "sentences/r3-timer.wav";
const COMPUTER = "wake/computer/0f578372-6736-42b5-8b8d-c22ded52273d.wav";
const vocabulary = {
  grammar: {
    intents: [
      {
        name: "timer-set",
        templates: ["set a timer for {duration:<number> minutes} [called {name:<room>}]"],
      },
      { name: "time", templates: ["what time is it"] },
      { name: "switch", templates: ["turn on the {what:<device>}"] },
    ],
    rules: { number: "two | ten | twenty", room: "kitchen" },
  },
  names: { device: ["lamp", "fan"] },
};

/** Push samples with a voice score of 1 up to `voiceEnd` and 0 after it; everything the utterance says. */
function follow(
  stream: HearingStream,
  samples: Int16Array,
  from: number,
  voiceEnd: number,
  utterance?: UtteranceStream,
): SttPart[] {
  const parts: SttPart[] = [];
  framesOf(samples).forEach((frame, index) => {
    const sample = from + index * 320;
    stream.push(frame, sample);
    stream.voice(sample < voiceEnd ? 1 : 0, sample + 320);
    const part = utterance?.next();
    if (part) parts.push(part);
  });
  return parts;
}

async function understood(path: string): Promise<SttPart> {
  using stream = (await open()).open([]);
  const samples = joined([recording(path)], 800);
  const utterance = stream.utterance(0);
  follow(stream, samples, 0, samples.length - 12_800, utterance);
  return utterance.finish();
}

withModel("an utterance is understood openly and as a command", async () => {
  (await open()).setVocabulary(vocabulary);

  const final = await understood(TIMER);

  expect(final).toMatchObject({
    kind: "final",
    text: "set a timer for ten minutes",
    language: "en",
    command: { intent: "timer-set", slots: { duration: "ten minutes" }, text: "set a timer for ten minutes" },
  });
  expect(final.kind === "final" && final.command?.llr).toBeGreaterThan(-0.5);
  expect(final.confidence).toBeGreaterThan(0.5);
});

withModel("a name added while the hub runs is heard from then on", async () => {
  const engine = await open();
  engine.setVocabulary({ ...vocabulary, names: { device: ["heater"] } });
  const before = await understood("sentences/r3-lamp.wav");
  engine.setVocabulary(vocabulary);
  const after = await understood("sentences/r3-lamp.wav");

  expect(before.kind === "final" && (before.command?.llr ?? -99)).toBeLessThan(-1);
  expect(after).toMatchObject({ command: { intent: "switch", slots: { what: "lamp" } } });
});

withModel("other speech is no command, and without a grammar there is none", async () => {
  const engine = await open();
  engine.setVocabulary(vocabulary);
  const other = await understood("sentences/LJ001-0001.wav");
  engine.setVocabulary({ grammar: { intents: [] } });
  const none = await understood(TIMER);

  expect(other.kind === "final" && (other.command?.llr ?? -99)).toBeLessThan(-3);
  expect(none).not.toHaveProperty("command");
  expect(none.text).toBe("set a timer for ten minutes");
});

withModel("200 ms into a pause it is told whether the command is complete", async () => {
  const engine = await open();
  engine.setVocabulary(vocabulary);
  using stream = engine.open([]);
  const samples = joined([recording(TIMER)], 1000);
  const voiceEnd = samples.length - 16_000;
  const utterance = stream.utterance(0);

  const parts = follow(stream, samples.subarray(0, voiceEnd + 3840), 0, voiceEnd, utterance);

  const told = parts.filter((part) => "completeness" in part);
  expect(told).toMatchObject([{ text: "set a timer for ten minutes", completeness: "extensible" }]);
  expect(utterance.finish()).toMatchObject({ text: "set a timer for ten minutes" });
});

withModel("half a command is open at a pause, and goes on after it", async () => {
  const engine = await open();
  engine.setVocabulary(vocabulary);
  using stream = engine.open([]);
  const words = recording(TIMER);
  // The recording's first half ends before "minutes".
  const half = joined([words.subarray(0, words.length / 2)], 600);
  const rest = joined([words.subarray(words.length / 2)], 600);
  const utterance = stream.utterance(0);
  const halfFrames = half.length - (half.length % 320);

  const first = follow(stream, half, 0, half.length - 9600, utterance);
  const second = follow(stream, rest, halfFrames, halfFrames + rest.length - 9600, utterance);

  const completeness = [...first, ...second].flatMap((part) =>
    "completeness" in part ? [part.completeness] : [],
  );
  expect(completeness).toEqual(["open", "extensible"]);
  expect(utterance.finish()).toMatchObject({ command: { slots: { duration: "ten minutes" } } });
});

withModel("an utterance may begin in the past, whether or not the stream was listening", async () => {
  const engine = await open();
  engine.setVocabulary(vocabulary);
  const samples = joined([recording(COMPUTER).subarray(20_000), recording(TIMER)], 300);
  const commands: (string | undefined)[] = [];
  for (const phrases of [[], [{ text: "computer", sensitivity: 0.5 }]]) {
    using stream = engine.open(phrases);
    // Begins 3.4 s back, after the wake word.
    follow(stream, samples, 160_000, 160_000);
    const utterance = stream.utterance(160_000 + samples.length - 54_400);
    commands.push(utterance.finish().command?.text);
  }

  expect(commands).toEqual(["set a timer for ten minutes", "set a timer for ten minutes"]);
});

withModel("silence is understood as nothing", async () => {
  using stream = (await open()).open([]);
  const utterance = stream.utterance(0);
  const parts = follow(stream, new Int16Array(48_000), 0, 0, utterance);

  expect(parts).toEqual([]);
  expect(utterance.finish()).toMatchObject({ kind: "final", text: "", confidence: 0 });
});
