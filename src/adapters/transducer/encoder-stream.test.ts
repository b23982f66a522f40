import { afterAll, expect } from "bun:test";
import { tmpdir } from "node:os";
import { GreedySearch } from "#core/transducer/greedy-search.ts";
import { PhraseSpotter } from "#core/transducer/phrase-spotter.ts";
import { Spelling } from "#core/transducer/spelling.ts";
import { recording, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { TRANSDUCER_DIR, TRANSDUCER_FILES, UNIGRAM_SCORES } from "#testing/transducer-model.ts";
import { EncoderStream } from "./encoder-stream.ts";
import golden from "./fixtures/encoder-golden.json" with { type: "json" };
import { loadTransducer, type TransducerModel } from "./model.ts";

const withModel = testWith(TRANSDUCER_DIR, SPEECH_DIR);
let loaded: Promise<TransducerModel> | undefined;
const load = () => {
  loaded ??= loadTransducer(TRANSDUCER_FILES, tmpdir());
  return loaded;
};
afterAll(async () => (await loaded)?.[Symbol.dispose]());

const WIDTH = 320;

async function encoded(samples: Int16Array, chunk = 320, stream?: EncoderStream): Promise<Float32Array> {
  const encoder = stream ?? new EncoderStream(await load());
  const steps: number[] = [];
  for (let at = 0; at < samples.length; at += chunk) {
    encoder.push(samples.subarray(at, at + chunk), (frames) => steps.push(...frames));
  }
  return Float32Array.from(steps);
}

async function readSpelling(): Promise<Spelling> {
  const scores: Record<string, number> = await Bun.file(UNIGRAM_SCORES).json();
  return new Spelling(await Bun.file(TRANSDUCER_FILES.tokens).text(), Object.entries(scores));
}

withModel("encoder frames are those of the prototype to 0.002, for features differ in rounding", async () => {
  const frames = await encoded(recording("sentences/r3-time.wav"));
  const distance = (frame: number, theirs: readonly number[]) =>
    Math.max(...theirs.map((value, i) => Math.abs(value - (frames[frame * WIDTH + i] ?? 99))));

  expect(frames.length / WIDTH).toBe(40);
  expect(distance(3, golden.first)).toBeLessThan(2e-3);
  expect(distance(20, golden.later)).toBeLessThan(2e-3);
});

withModel("the open transcript is the prototype's, token by token", async () => {
  const search = new GreedySearch(await load());
  const frames = await encoded(recording("sentences/r3-time.wav"));
  search.push(frames, frames.length / WIDTH);

  const { words } = search.transcript(await readSpelling());

  expect(words).toEqual(
    golden.greedy.map(([piece, frame]) => ({
      text: String(piece).slice(1).toLowerCase(),
      startMs: Number(frame) * 40,
    })),
  );
});

withModel("a phrase is aligned as in the prototype", async () => {
  const spotter = new PhraseSpotter(await load(), [
    { spellings: [(await readSpelling()).spell(golden.spot.phrase)], threshold: -1 },
  ]);
  const frames = await encoded(recording("sentences/r3-time.wav"));

  const found = spotter.push(frames, frames.length / WIDTH);

  // The prototype names the frame after the last token.
  expect(found).toMatchObject({ firstFrame: golden.spot.from, lastFrame: golden.spot.frame - 1 });
  expect(found?.logProb).toBeCloseTo(golden.spot.best, 1);
});

withModel("chunks of any length give the same frames, and so does a stream that was reset", async () => {
  const samples = recording("sentences/r3-time.wav");
  const whole = await encoded(samples, 100_000);
  const used = new EncoderStream(await load());
  await encoded(recording("sentences/r3-date.wav").subarray(0, 20_000), 320, used);
  used.reset();

  expect(await encoded(samples, 77)).toEqual(whole);
  expect(await encoded(samples, 320, used)).toEqual(whole);
});

withModel("a clone hears on by itself and leaves the original as it was", async () => {
  const samples = recording("sentences/r3-time.wav");
  const whole = await encoded(samples);
  const stream = new EncoderStream(await load());
  const before = await encoded(samples.subarray(0, 15_000), 320, stream);
  const copy = stream.clone();
  await encoded(new Int16Array(20_000), 320, copy);

  const rest = await encoded(samples.subarray(15_000), 320, stream);

  expect([...before, ...rest]).toEqual([...whole]);
});

withModel("a file that is no model, or another model, is unavailable", async () => {
  const wrong = { ...TRANSDUCER_FILES, decoder: TRANSDUCER_FILES.joiner };

  await expect(loadTransducer(wrong, tmpdir())).rejects.toMatchObject({ fault: "unavailable" });
  await expect(
    loadTransducer({ ...TRANSDUCER_FILES, encoder: "/nowhere.onnx" }, tmpdir()),
  ).rejects.toMatchObject({ fault: "unavailable" });
});
