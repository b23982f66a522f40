import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import { framesOf, joined, recording, SPEECH_DIR, testWith } from "#testing/recordings.ts";
import { sttContract } from "#testing/stt-contract.ts";
import { TRANSDUCER_DIR, TRANSDUCER_FILES, UNIGRAM_SCORES } from "#testing/transducer-model.ts";
import { transducerHearing } from "./hearing-engine.ts";
import { hearingSpeech } from "./hearing-speech.ts";

let opened: Promise<HearingEngine> | undefined;
const open = async () => {
  opened ??= transducerHearing({
    files: TRANSDUCER_FILES,
    unigramScores: UNIGRAM_SCORES,
    cacheDir: tmpdir(),
  });
  return hearingSpeech(await opened);
};
const never = new AbortController().signal;

if (existsSync(TRANSDUCER_DIR)) sttContract("Hearth's own recogniser", { open });

testWith(TRANSDUCER_DIR, SPEECH_DIR)(
  "words come while they are spoken, with the times they were said",
  async () => {
    async function* spoken() {
      for (const frame of framesOf(joined([recording("sentences/r3-time.wav")], 500))) {
        yield await Promise.resolve(frame);
      }
    }

    const parts = await Array.fromAsync((await open()).transcribe(spoken(), { signal: never }));

    const final = parts.at(-1);
    expect(final).toMatchObject({ kind: "final", text: "what time is it", language: "en" });
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.slice(0, -1).every(({ kind }) => kind === "interim")).toBe(true);
    // "what" begins at about 950 ms of the recording, which half a second of quiet precedes.
    expect(Math.abs((final?.words?.[0]?.startMs ?? 0) - 1450)).toBeLessThan(200);
  },
);
