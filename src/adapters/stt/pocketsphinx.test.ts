import { expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelFiles, pocketsphinxLibraries } from "#adapters/pocketsphinx/libraries.ts";
import { Cancelled } from "#core/faults.ts";
import type { PcmFrame } from "#core/pcm.ts";
import { parseWav } from "#core/wav.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";
import { framesOf, joined, recording, recordingsIn, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { sttContract } from "#testing/stt-contract.ts";
import { pocketsphinxCommands } from "./pocketsphinx.ts";

const never = new AbortController().signal;
const jsgf = `#JSGF V1.0;
grammar test;
public <command> = <time> | <date> | <timer> | <volume> | <light> | stop | cancel [that] | zorblax;
<time> = what time is it [now];
<date> = (what's | what is) the date [today];
<timer> = set a timer for <number> (minutes | seconds | hours) | cancel the timer;
<number> = one | two | five | ten | twenty | thirty;
<volume> = turn (it | the volume) (up | down) | louder | quieter;
<light> = turn (on | off) the (lamp | kitchen light);
`;
const needed = installed() ? [] : ["libpocketsphinx3 and pocketsphinx-en-us (apt-get install them)"];
const withLibrary = testWith(...needed);
const withSpeech = testWith(...needed, SPEECH_DIR);
const withFlite = testWith(...needed, Bun.which("flite") ?? "flite (apt-get install flite)");

function installed(): boolean {
  try {
    pocketsphinxLibraries();
    modelFiles();
    return true;
  } catch {
    return false;
  }
}

let shared: SpeechToText | undefined;
function commands(): SpeechToText {
  shared ??= pocketsphinxCommands({ jsgf });
  return shared;
}

async function* each(samples: Int16Array): AsyncGenerator<PcmFrame> {
  for (const frame of framesOf(samples)) yield await Promise.resolve(frame);
}

function parts(samples: Int16Array): Promise<SttPart[]> {
  return Array.fromAsync(commands().transcribe(each(samples), { signal: never }));
}

async function textOf(samples: Int16Array): Promise<string> {
  return (await parts(samples)).at(-1)?.text ?? "";
}

/** A sentence as flite's voice rms says it, with 400 ms of quiet around it. */
function spoken(sentence: string): Int16Array {
  const folder = mkdtempSync(join(tmpdir(), "flite-test-"));
  try {
    const path = join(folder, "said.wav");
    Bun.spawnSync(["flite", "-voice", "rms", "-t", sentence, "-o", path]);
    const parsed = parseWav(readFileSync(path));
    if (!parsed.ok) throw new Error(parsed.problem);
    return joined([parsed.wav.samples], 400);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [name, text] of [
  ["r3-time", "what time is it"],
  ["r3-date", "what's the date today"],
  ["r3-timer", "set a timer for ten minutes"],
  ["r3-lamp", "turn on the lamp"],
] as const) {
  withSpeech(`a person saying "${text}" is understood`, async () => {
    expect(await textOf(recording(`sentences/${name}.wav`))).toBe(text);
  });
}

withSpeech("a person 30 dB quieter, or so loud that it clips, is understood as well", async () => {
  const said = recording("sentences/r3-timer.wav");
  const quiet = said.map((sample) => Math.round(sample * 0.03));
  const loud = said.map((sample) => Math.max(-32_768, Math.min(32_767, sample * 3)));

  expect([await textOf(quiet), await textOf(loud)]).toEqual([
    "set a timer for ten minutes",
    "set a timer for ten minutes",
  ]);
});

withSpeech("at least 19 of 20 stretches of unrelated speech and noise end in nothing", async () => {
  const unrelated = [
    ...recordingsIn("negatives-libri-train").slice(0, 8),
    ...recordingsIn("wake/not_wake_words").slice(0, 8),
    ...recordingsIn("coffee").slice(0, 3),
  ].map((path) => recording(path).slice(0, 6 * 16_000));
  unrelated.push(recording("noise/kitchen.wav").slice(0, 6 * 16_000));

  const texts: string[] = [];
  for (const samples of unrelated) texts.push(await textOf(samples));

  expect(texts.filter((text) => text !== "").length).toBeLessThanOrEqual(1);
});

withFlite("synthetic commands are understood, one-word ones too", async () => {
  const sentences = ["what time is it", "set a timer for five minutes", "turn off the kitchen light", "stop"];

  const heard: string[] = [];
  for (const sentence of sentences) heard.push(await textOf(spoken(sentence)));

  expect(heard).toEqual(sentences);
});

withFlite("the words so far come before the final, each later than the one before", async () => {
  const [first, ...rest] = await parts(spoken("set a timer for twenty minutes"));
  const final = rest.at(-1);

  expect(first?.kind).toBe("interim");
  expect(final).toMatchObject({ kind: "final", text: "set a timer for twenty minutes", language: "en-US" });
  const starts = (final?.words ?? []).map(({ startMs }) => startMs);
  expect(starts).toHaveLength(6);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  // 400 ms of quiet come first.
  expect(starts[0]).toBeGreaterThanOrEqual(350);
  expect(starts[0]).toBeLessThanOrEqual(700);
});

withFlite("the same audio gives the same parts, whoever spoke before", async () => {
  const samples = spoken("turn the volume down");
  const before = await parts(samples);
  await parts(spoken("this is about something else entirely").map((sample) => sample * 0.1));

  expect(await parts(samples)).toEqual(before);
});

withFlite("beyond the limit an utterance waits until one is over", async () => {
  const stt = pocketsphinxCommands({ jsgf, limit: 1 });
  const samples = framesOf(spoken("stop"));
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let secondPulled = false;
  const first = Array.fromAsync(
    stt.transcribe(
      (async function* () {
        begun.resolve();
        await goOn.promise;
        yield* samples;
      })(),
      { signal: never },
    ),
  );
  await begun.promise;
  const second = Array.fromAsync(
    stt.transcribe(
      (async function* () {
        secondPulled = true;
        yield* await Promise.resolve(samples);
      })(),
      { signal: never },
    ),
  );
  const impatient = new AbortController();
  const third = Array.fromAsync(stt.transcribe(each(new Int16Array(320)), { signal: impatient.signal }));
  const cancelled = new Cancelled("barge-in");
  impatient.abort(cancelled);
  await expect(third).rejects.toBe(cancelled);
  const pulledWhileWaiting = secondPulled;

  goOn.resolve();

  expect((await first).at(-1)?.text).toBe("stop");
  expect((await second).at(-1)?.text).toBe("stop");
  expect(pulledWhileWaiting).toBe(false);
});

for (const [fault, broken] of [
  ["no JSGF", "turn on the light"],
  ["without a public rule", "#JSGF V1.0;\ngrammar g;\n<command> = stop;\n"],
  ["with a rule that is missing", "#JSGF V1.0;\ngrammar g;\npublic <command> = <absent>;\n"],
  ["with a word nobody can pronounce", "#JSGF V1.0;\ngrammar g;\npublic <command> = schlüssel;\n"],
] as const) {
  withLibrary(`a grammar ${fault} is rejected at once`, () => {
    expect(() => pocketsphinxCommands({ jsgf: broken })).toThrow(
      expect.objectContaining({ name: "EngineError", fault: "rejected" }),
    );
  });
}

withLibrary("a missing model is unavailable, and the message says what to install", () => {
  expect(() => pocketsphinxCommands({ jsgf, modelDirectory: "/nowhere" })).toThrow(
    expect.objectContaining({ fault: "unavailable", message: expect.stringContaining("apt-get install") }),
  );
});

if (needed.length === 0) sttContract("PocketSphinx", { open: commands, timeoutMs: 20_000 });
