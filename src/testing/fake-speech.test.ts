import { describe, expect, test } from "bun:test";
import { Cancelled, EngineError } from "#core/faults.ts";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeEar, FakeHearing } from "./fake-hearing.ts";
import { FakeSpeechToText, hears } from "./fake-speech-to-text.ts";
import { FakeTextToSpeech, SAMPLES_PER_CHARACTER } from "./fake-text-to-speech.ts";
import { hearingContract } from "./hearing-contract.ts";
import { sttContract } from "./stt-contract.ts";
import { ttsContract } from "./tts-contract.ts";

const silence: PcmFrame = new Int16Array(FRAME_SAMPLES);
const never = new AbortController().signal;

sttContract("the fake recogniser", { open: () => new FakeSpeechToText([hears("what time is it")]) });
ttsContract("the fake voice", { open: () => new FakeTextToSpeech() });
hearingContract("the fake hearing", {
  open: () => new FakeHearing(),
  speak(ear, firstSample) {
    ear.push(silence, firstSample);
    (ear as FakeEar).hearVoice(0.9);
  },
  wake(ear, firstSample) {
    ear.push(silence, firstSample);
    (ear as FakeEar).hearWake();
  },
});

async function* frames(count: number): AsyncGenerator<PcmFrame> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(silence);
}

describe("the fake recogniser", () => {
  test("gives an interim a frame and the final part at the end", async () => {
    const stt = new FakeSpeechToText([hears("stop it")]);

    const parts = await Array.fromAsync(stt.transcribe(frames(3), { signal: never }));

    expect(parts.map(({ kind, text }) => [kind, text])).toEqual([
      ["interim", "stop"],
      ["interim", "stop it"],
      ["final", "stop it"],
    ]);
    expect(stt.utterances.map((utterance) => utterance.frames.length)).toEqual([3]);
  });

  test("answers each utterance from its own script and repeats the last", async () => {
    const stt = new FakeSpeechToText([hears("one"), hears("two")]);
    const texts: (string | undefined)[] = [];

    for (let i = 0; i < 3; i++) {
      const parts = await Array.fromAsync(stt.transcribe(frames(1), { signal: never }));
      texts.push(parts.at(-1)?.text);
    }

    expect(texts).toEqual(["one", "two", "two"]);
  });

  test("fails where its script says so", async () => {
    const error = new EngineError("fake-stt", "crashed", "as asked");
    const stt = new FakeSpeechToText([{ kind: "failure", afterFrames: 2, error }]);

    const run = Array.fromAsync(stt.transcribe(frames(5), { signal: never }));

    await expect(run).rejects.toBe(error);
    expect(stt.utterances[0]).toMatchObject({ outcome: "failed", frames: [silence, silence] });
  });
});

describe("the fake voice", () => {
  test("makes audio in proportion to the text and remembers what it said", async () => {
    const tts = new FakeTextToSpeech();

    const chunks = await Array.fromAsync(tts.speak("four", { signal: never, voice: "fake-de" }));

    expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(4 * SAMPLES_PER_CHARACTER);
    expect(tts.spoken).toEqual([{ text: "four", voice: "fake-de", samples: 3200, outcome: "complete" }]);
  });

  test("can fail half-way", async () => {
    const tts = new FakeTextToSpeech({ behaviour: { failAfterSamples: 1600 } });
    let samples = 0;

    const run = (async () => {
      for await (const chunk of tts.speak("something long", { signal: never })) samples += chunk.length;
    })();

    await expect(run).rejects.toMatchObject({ fault: "crashed" });
    expect(samples).toBe(1600);
    expect(tts.spoken[0]?.outcome).toBe("failed");
  });

  test("takes its time on the clock, and an abort ends the wait", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const tts = new FakeTextToSpeech({ clock, behaviour: { chunkDelayMs: 100 } });
    const chunks: Int16Array[] = [];

    const run = (async () => {
      for await (const chunk of tts.speak("four", { signal: controller.signal })) chunks.push(chunk);
    })();
    const outcome = run.catch((error: unknown) => error);
    await clock.advance(100);
    const afterOne = chunks.length;
    controller.abort(new Cancelled("barge-in"));

    expect(afterOne).toBe(1);
    expect(await outcome).toEqual(new Cancelled("barge-in"));
    expect([tts.spoken[0]?.outcome, clock.sleeping]).toEqual(["aborted", 0]);
  });
});

describe("the fake hearing", () => {
  test("counts what a deaf ear loses and records what an open one hears", () => {
    const hearing = new FakeHearing();
    const listener = { onVoice: () => undefined, onWake: () => undefined };
    const ear = hearing.open({ satelliteId: "den", phrases: [], listener, signal: never });

    ear.push(silence, 0);
    ear.deaf = true;
    ear.push(silence, 320);

    expect([hearing.ear("den").pushed.length, ear.droppedFrames, ear.endSample]).toEqual([1, 1, 320]);
    expect(() => hearing.ear("attic")).toThrow("no open ear for attic");
  });
});
