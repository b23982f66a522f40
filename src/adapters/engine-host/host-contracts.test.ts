import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EngineError } from "#core/faults.ts";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import { hearingContract, RecordingEarListener, WAKE_PHRASE } from "#testing/hearing-contract.ts";
import { sttContract } from "#testing/stt-contract.ts";
import { ttsContract } from "#testing/tts-contract.ts";
import { each, pushAll, startToyHost } from "./fixtures/start-toy-host.ts";
import { loud, marker, silence } from "./fixtures/toy-frames.ts";
import { hostSpeechToText } from "./speech-to-text.ts";
import { hostTextToSpeech } from "./text-to-speech.ts";

/** Everything here talks to real child processes, which run toy engines. */

const never = new AbortController().signal;

describe("shared hosts", () => {
  let hearingHost: ReturnType<typeof startToyHost>;
  let speechHost: ReturnType<typeof startToyHost>;

  beforeAll(async () => {
    hearingHost = startToyHost("hearing");
    speechHost = startToyHost("speech");
    await Promise.all([hearingHost.seen("ready"), speechHost.seen("ready")]);
  });

  afterAll(async () => {
    await Promise.all([hearingHost.host[Symbol.asyncDispose](), speechHost.host[Symbol.asyncDispose]()]);
  });

  sttContract("a recogniser in the engine host", { open: () => hostSpeechToText(hearingHost.host) });
  ttsContract("a voice in the engine host", { open: () => hostTextToSpeech(speechHost.host) });
  hearingContract("hearing in the engine host", {
    open: () => hearingHost.hearing,
    speak: (ear, firstSample) =>
      pushAll(
        ear,
        Array.from({ length: 10 }, () => loud),
        firstSample,
      ),
    wake: (ear, firstSample) => pushAll(ear, [silence, marker, silence], firstSample),
  });

  test("an utterance far longer than the window arrives whole", async () => {
    const frames = Array.from({ length: 1000 }, () => loud);

    const parts = await Array.fromAsync(
      hostSpeechToText(hearingHost.host).transcribe(each(frames), { signal: never, language: "en-GB" }),
    );

    expect(parts.at(-1)).toEqual({ kind: "final", text: "1000", confidence: 1, language: "en-GB" });
  });

  test("speech far longer than the window arrives whole and in order, however slowly it is taken", async () => {
    let samples = 0;

    for await (const chunk of hostTextToSpeech(speechHost.host).speak("x".repeat(300), { signal: never })) {
      expect(chunk[0]).toBe(Math.round(8000 * Math.sin(samples / 10)));
      samples += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(samples).toBe(300 * 800);
  });

  test("a bug in an engine fails the call and tells nothing of the text", async () => {
    const error = await Array.fromAsync(
      hostTextToSpeech(speechHost.host, "toy-tts").speak("bug", { signal: never }),
    ).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toBe("EngineError: toy-tts: threw TypeError");
  });

  test("an engine the host has not loaded is unavailable", async () => {
    const run = Array.fromAsync(
      hostSpeechToText(hearingHost.host, "whisper").transcribe(each([]), { signal: never }),
    );

    await expect(run).rejects.toMatchObject({ engine: "whisper", fault: "unavailable" });
  });

  test("a phrase that cannot be spelled is reported and the others still wake", async () => {
    const listener = new RecordingEarListener();
    const ear = hearingHost.hearing.open({
      satelliteId: "kitchen",
      phrases: [{ text: "unspellable", sensitivity: 0.5 }, WAKE_PHRASE],
      listener,
      signal: never,
    });

    pushAll(ear, [marker], 0);
    await listener.until(() => listener.wakes.length > 0);

    expect(listener.wakes[0]?.phrase).toBe(WAKE_PHRASE.text);
    expect(hearingHost.logged.map(({ message }) => message)).toContain("wake phrase not usable");
  });

  test("a flood on one ear is cut to two seconds, and another ear hears as ever", async () => {
    const flooded = new RecordingEarListener();
    const other = new RecordingEarListener();
    const open = (satelliteId: string, listener: RecordingEarListener) =>
      hearingHost.hearing.open({ satelliteId, phrases: [WAKE_PHRASE], listener, signal: never });
    const flood = open("flood", flooded);
    const quiet = open("quiet", other);

    pushAll(
      flood,
      Array.from({ length: 1000 }, () => loud),
      0,
    );
    pushAll(quiet, [marker], 0);
    await other.until(() => other.wakes.length > 0);
    await flooded.until(() => flooded.voices.length >= 61);
    const droppedFrames = [flood.droppedFrames, quiet.droppedFrames];
    pushAll(
      flood,
      Array.from({ length: 50 }, () => loud),
      1000 * FRAME_SAMPLES,
    );

    // 100 frames are 62 windows, of which the first is the warm-up. What was analysed makes room again.
    expect(droppedFrames).toEqual([900, 0]);
    expect(flood.droppedFrames).toBe(900);
  });
});
