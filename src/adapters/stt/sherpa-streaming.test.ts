import { afterAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";
import { framesOf, MODELS_DIR, recording, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { sttContract } from "#testing/stt-contract.ts";
import { sherpaStreaming } from "./sherpa-streaming.ts";

const folder = join(MODELS_DIR, "sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile");
const files = {
  encoder: join(folder, "encoder.int8.fixed.onnx"),
  decoder: join(folder, "decoder.onnx"),
  joiner: join(folder, "joiner.int8.onnx"),
  tokens: join(folder, "tokens.txt"),
};
const cacheDir = tmpdir();
let opened: Promise<SpeechToText> | undefined;
const open = () => {
  opened ??= sherpaStreaming({ files, cacheDir });
  return opened;
};
afterAll(() => {
  opened = undefined;
});

if (existsSync(folder)) sttContract("sherpa", { open, timeoutMs: 20_000 });

const never = new AbortController().signal;
async function* played(samples: Int16Array) {
  for (const frame of framesOf(samples)) yield await Promise.resolve(frame);
}
async function hear(samples: Int16Array): Promise<SttPart[]> {
  return await Array.fromAsync((await open()).transcribe(played(samples), { signal: never }));
}
const withModel = testWith(folder, SPEECH_DIR);

for (const [path, text] of [
  ["sentences/r3-time.wav", "what time is it"],
  ["sentences/r3-timer.wav", "set a timer for ten minutes"],
  ["sentences/r3-date.wav", "what's the date today"],
  ["sentences/r3-lamp.wav", "turn on the lamp"],
] as const) {
  withModel(`a spoken command is written down: ${text}`, async () => {
    const final = (await hear(recording(path))).at(-1);

    expect(final).toMatchObject({ kind: "final", text, language: "en" });
    expect(final?.confidence).toBeGreaterThan(0.4);
  });
}

withModel("words come with the times they begin, rising and within the audio", async () => {
  const samples = recording("sentences/r3-time.wav");
  const words = (await hear(samples)).at(-1)?.words ?? [];
  const starts = words.map(({ startMs }) => startMs);

  expect(words.map((word) => word.text)).toEqual(["what", "time", "is", "it"]);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  // Silero hears the voice from 740 ms on; the recogniser is certain of a word a little after it begins.
  expect(starts[0]).toBeGreaterThan(700);
  expect(starts[0]).toBeLessThan(1100);
  expect(starts.at(-1)).toBeLessThan(samples.length / 16);
});

withModel("interims come only when the text has changed", async () => {
  const texts = (await hear(recording("sentences/LJ001-0001.wav")))
    .filter(({ kind }) => kind === "interim")
    .map(({ text }) => text);

  expect(texts.length).toBeGreaterThan(5);
  expect(texts.filter((text, index) => text === texts[index - 1])).toEqual([]);
});

withModel("the same audio gives the same text, whoever spoke before", async () => {
  const command = recording("sentences/ps-something.wav");
  const alone = await hear(command);
  await hear(recording("sentences/LJ001-0005.wav"));

  expect(await hear(command)).toEqual(alone);
});

withModel("noise and silence are understood as nothing", async () => {
  expect((await hear(new Int16Array(48_000))).map(({ text }) => text)).toEqual([""]);
  expect((await hear(recording("noise/kitchen.wav").subarray(0, 160_000))).at(-1)?.text).toBe("");
});

withModel("other work goes on while a long utterance already in memory is decoded", async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await hear(recording("sentences/LJ001-0003.wav"));
  clearInterval(timer);

  expect(turns).toBeGreaterThan(5);
});

withModel("a missing file is unavailable, by its path", async () => {
  const encoder = join(folder, "absent.onnx");

  await expect(sherpaStreaming({ files: { ...files, encoder }, cacheDir })).rejects.toMatchObject({
    fault: "unavailable",
    message: `sherpa: ${encoder} is missing`,
  });
});
