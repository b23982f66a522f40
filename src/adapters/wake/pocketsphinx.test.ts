import { expect, test } from "bun:test";
import { modelFiles, pocketsphinxLibraries } from "#adapters/pocketsphinx/libraries.ts";
import type { WakeDetection, WakePhrase } from "#ports/wake-word.ts";
import { framesOf, joined, recording, recordingsIn, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { pocketsphinxKeyphrases } from "./pocketsphinx.ts";

const at = (text: string, sensitivity = 0.5): WakePhrase => ({ text, sensitivity });
const needed = installed() ? [] : ["libpocketsphinx3 and pocketsphinx-en-us (apt-get install them)"];
const withLibrary = testWith(...needed);
const withSpeech = testWith(...needed, SPEECH_DIR);

function installed(): boolean {
  try {
    pocketsphinxLibraries();
    modelFiles();
    return true;
  } catch {
    return false;
  }
}

function detections(phrases: readonly WakePhrase[], samples: Int16Array): WakeDetection[] {
  using stream = pocketsphinxKeyphrases().open(phrases);
  return framesOf(samples)
    .map((frame, index) => stream.push(frame, index * 320))
    .filter((detection) => detection !== undefined);
}

function scaled(samples: Int16Array, gain: number): Int16Array {
  return samples.map((sample) => Math.max(-32768, Math.min(32767, Math.round(sample * gain))));
}

/** How many of twenty people who say a word one after the other, two seconds apart, are heard. */
function heardOfTwenty(word: string, gain = 1): number {
  const people = recordingsIn(`wake/${word}`)
    .slice(0, 20)
    .map((path) => scaled(recording(path), gain));
  return detections([at(word)], joined(people, 2000)).length;
}

for (const word of ["alexa", "computer", "jarvis", "snowboy"]) {
  // 70 to 77 % of all recordings wake; the margin is for the twenty taken here.
  withSpeech(`at least half of twenty people saying "${word}" are heard, each once`, () => {
    const heard = heardOfTwenty(word);

    expect(heard).toBeGreaterThanOrEqual(10);
    expect(heard).toBeLessThanOrEqual(20);
  });
}

withSpeech("people 30 dB quieter are heard as well", () => {
  expect(heardOfTwenty("computer", 0.03)).toBeGreaterThanOrEqual(10);
});

withSpeech("half a minute of kitchen and forty other words do not wake hey tars", () => {
  const others = recordingsIn("wake/not_wake_words").map(recording);
  others.push(recording("noise/kitchen.wav").slice(0, 30 * 16_000));

  expect(detections([at("hey tars")], joined(others, 500))).toEqual([]);
});

withSpeech("a detection lies where the word was said, on the session's count", () => {
  // Three seconds, of which the word fills about the middle.
  const path = "wake/computer";
  const first = recordingsIn(path).find(
    (each) => detections([at("computer")], joined([recording(each)], 1000)).length,
  );
  const samples = joined([recording(first ?? "")], 1000);
  using stream = pocketsphinxKeyphrases().open([at("computer")]);

  const [detection] = framesOf(samples)
    .map((frame, index) => stream.push(frame, 1_000_000 + index * 320))
    .filter((each) => each !== undefined);

  expect(detection?.phrase).toBe("computer");
  expect(detection?.score).toBeGreaterThanOrEqual(0.5);
  expect(detection?.startSample).toBeGreaterThanOrEqual(1_000_000 + 16_000);
  expect(detection?.endSample).toBeLessThanOrEqual(1_000_000 + samples.length - 16_000 + 2_400);
  const length = (detection?.endSample ?? 0) - (detection?.startSample ?? 0);
  expect(length).toBeGreaterThan(0.25 * 16_000);
  expect(length).toBeLessThan(1.2 * 16_000);
});

withSpeech("a word is heard across the border at which the engine begins anew", () => {
  const path = recordingsIn("wake/computer").find(
    (each) => detections([at("computer")], joined([recording(each)], 1000)).length === 1,
  );
  const word = recording(path ?? "");
  const border = 60 * 16_000;
  // The recording's middle falls on the border.
  const samples = joined([new Int16Array(0), word], Math.round((border - word.length / 2) / 16 / 2));

  expect(detections([at("computer")], samples)).toHaveLength(1);
});

withSpeech("two halves of a word with a gap between them are no wake", () => {
  const path = recordingsIn("wake/computer").find(
    (each) => detections([at("computer")], joined([recording(each)], 1000)).length === 1,
  );
  const frames = framesOf(joined([recording(path ?? "")], 1000));
  using stream = pocketsphinxKeyphrases().open([at("computer")]);

  // Every frame is followed by a gap of one.
  const heard = frames.map((frame, index) => stream.push(frame, index * 640)).filter((each) => each);

  expect(heard).toEqual([]);
});

withLibrary("an ear without phrases hears nothing", () => {
  expect(detections([], new Int16Array(16_000))).toEqual([]);
});

withLibrary("a phrase that is in no dictionary can be listened for", () => {
  expect(detections([at("okay zorblax")], new Int16Array(16_000))).toEqual([]);
});

withLibrary("a phrase that cannot be pronounced is rejected by name", () => {
  expect(() => pocketsphinxKeyphrases().open([at("hey größe")])).toThrow(
    expect.objectContaining({ fault: "rejected", message: expect.stringContaining("größe") }),
  );
});

withLibrary("a model that is not there is unavailable, and the message says what to install", () => {
  expect(() => pocketsphinxKeyphrases({ modelDirectory: "/nowhere" })).toThrow(
    expect.objectContaining({ fault: "unavailable", message: expect.stringContaining("apt-get install") }),
  );
});

test("opening either succeeds or says what to install", () => {
  try {
    expect(pocketsphinxKeyphrases().name).toBe("pocketsphinx");
  } catch (error) {
    expect(String(error)).toContain("apt-get install libpocketsphinx3 pocketsphinx-en-us");
  }
});
