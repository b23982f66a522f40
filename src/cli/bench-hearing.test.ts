import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { matchGrammar, parseGrammar } from "#core/grammar.ts";
import { samplesOf } from "#core/pcm.ts";
import { encodeWav } from "#core/wav.ts";
import { readCorpus, soundOf } from "./bench-hearing-corpus.ts";
import { orderGrammar } from "./bench-hearing-orders.ts";
import { framesOf, inRoom, normal, speechBounds } from "./bench-hearing-room.ts";
import { wordErrors } from "./bench-hearing-words.ts";

/** A loud tone of `ms`. */
function tone(ms: number): Float32Array {
  return Float32Array.from(
    { length: samplesOf(ms) },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / 16_000),
  );
}

function meanPower(sound: Float32Array): number {
  return sound.reduce((sum, value) => sum + value * value, 0) / sound.length;
}

test("words put in, left out and changed count one error each", () => {
  expect(wordErrors("set a timer for ten minutes", "Set a timer, for ten minutes!")).toEqual({
    errors: 0,
    words: 6,
  });
  expect(wordErrors("set a timer for ten minutes", "set timer for then minutes please")).toEqual({
    errors: 3,
    words: 6,
  });
  expect(wordErrors("stop", "")).toEqual({ errors: 1, words: 1 });
});

test("a folder is sorted by its manifest into wakes, speech, noise and what nobody may wake from", () => {
  const folder = mkdtempSync(join(tmpdir(), "hearth-corpus-"));
  try {
    const files: readonly (readonly [string, string])[] = [
      ["wake/one/a.wav", "Hey Tars"],
      ["wake/not_wake_words/b.wav", "[not a wake word]"],
      ["sentences/c.wav", "what time is it"],
      ["sentences/d.wav", "hey tars what time is it"],
      ["noise/e.wav", "[a street]"],
    ];
    for (const [file] of files) {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      writeFileSync(join(folder, file), encodeWav(new Int16Array(800).fill(16_384), 8000));
    }
    const lines = [
      ["transcript", "file"],
      ...files.map(([file, text]) => [text, file]),
      ["gone", "sentences/f.wav"],
    ];
    writeFileSync(join(folder, "MANIFEST.tsv"), lines.map((line) => line.join("\t")).join("\r\n"));

    const corpus = readCorpus(folder);

    const names = (clips: Iterable<{ readonly file: string }> = []) => Array.from(clips, ({ file }) => file);
    expect([...corpus.wakes.keys()]).toEqual(["hey tars"]);
    expect(names(corpus.negatives)).toEqual(["wake/not_wake_words/b.wav", "sentences/c.wav", "noise/e.wav"]);
    expect(names(corpus.spoken.get("sentences"))).toEqual(["sentences/c.wav", "sentences/d.wav"]);
    expect(names(corpus.noise)).toEqual(["noise/e.wav"]);
    const [clip] = corpus.noise;
    expect(clip && soundOf(corpus, clip).length).toBe(1600);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("orders are labelled by slots, and their grammar takes the labels' values in any order, the ordered thing once", () => {
  const folder = mkdtempSync(join(tmpdir(), "hearth-corpus-"));
  try {
    const labels = ["itemName=tall lamp; shade=dark red", "itemName=chair; shade=blue", "itemName=chair"];
    for (const n of labels.keys()) {
      mkdirSync(join(folder, "shop"), { recursive: true });
      writeFileSync(join(folder, `shop/${n}.wav`), encodeWav(new Int16Array(800), 16_000));
    }
    const lines = ["file\ttranscript", ...labels.map((label, n) => `shop/${n}.wav\t[slots] ${label}`)];
    writeFileSync(join(folder, "MANIFEST.tsv"), lines.join("\n"));

    const orders = readCorpus(folder).orders.get("shop") ?? [];
    const grammar = parseGrammar(orderGrammar(orders));
    const slots = (text: string) => matchGrammar(grammar, text.split(" "))?.slots;

    expect(orders[0]?.slots).toEqual({ item_name: "tall lamp", shade: "dark red" });
    expect(slots("may i have a dark red chair please")).toEqual({ item_name: "chair", shade: "dark red" });
    expect(slots("get me the tall lamp in blue")).toBeUndefined();
    expect(slots("get me the tall lamp with blue")).toEqual({ item_name: "tall lamp", shade: "blue" });
    expect(slots("get me a blue")).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a folder without a manifest is refused with a sentence", () => {
  expect(() => readCorpus("/nowhere")).toThrow("There is no MANIFEST.tsv in /nowhere.");
});

test("noise lies 10 dB under the speech it is mixed with", () => {
  const random = normal(7);
  const noise = Float32Array.from({ length: 80_000 }, () => random() * 0.1);
  const speech = tone(1000);

  const heard = inRoom(speech, "noise", noise, 3);

  const before = heard.subarray(0, samplesOf(400));
  expect(10 * Math.log10(meanPower(speech) / meanPower(before))).toBeCloseTo(10, 0);
});

test("reverberation goes on after the speech and makes it no louder than it was", () => {
  const heard = inRoom(tone(1000), "reverb", new Float32Array(0), 3);

  const tail = heard.subarray(samplesOf(1500), samplesOf(1700));
  const later = heard.subarray(samplesOf(2100), samplesOf(2300));
  expect(10 * Math.log10(meanPower(tail) / meanPower(later))).toBeGreaterThan(40);
  expect(Math.max(...heard)).toBeLessThanOrEqual(0.5001);
});

test("the same seed gives the same sound", () => {
  expect(inRoom(tone(200), "reverb", new Float32Array(0), 5)).toEqual(
    inRoom(tone(200), "reverb", new Float32Array(0), 5),
  );
});

test("speech begins and ends with its first and last loud 60 ms", () => {
  const sound = inRoom(tone(1000), "clean", new Float32Array(0), 0);

  const { start, end } = speechBounds(sound);

  expect(start).toBe(samplesOf(500));
  expect(end).toBe(samplesOf(1500));
  expect(framesOf(sound)).toHaveLength(125);
});
