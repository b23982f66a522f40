import { expect, test } from "bun:test";
import { Cancelled, EngineError } from "#core/faults.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";

/** What an adapter brings so that the suite can run. */
export interface TtsContractOptions {
  /** The engine under test; called once per test. Who opened something costly shares and ends it outside. */
  readonly open: () => TextToSpeech | Promise<TextToSpeech>;
  /** Longest one test may take, in ms; default 5000. */
  readonly timeoutMs?: number;
}

/** What every text-to-speech adapter must do, whoever is behind it. */
export function ttsContract(name: string, options: TtsContractOptions): void {
  const timeoutMs = options.timeoutMs ?? 5000;
  const never = new AbortController().signal;
  const sentence = "It is half past seven in the morning.";
  const samples = (chunks: readonly Int16Array[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);

  test(
    `${name}: a sentence becomes audio that is not silent, in chunks that are not empty`,
    async () => {
      const tts = await options.open();

      const chunks = await Array.fromAsync(tts.speak(sentence, { signal: never }));

      expect(samples(chunks)).toBeGreaterThan(8000);
      expect(chunks.filter((chunk) => chunk.length === 0)).toEqual([]);
      expect(chunks.some((chunk) => chunk.some((sample) => Math.abs(sample) > 500))).toBe(true);
    },
    timeoutMs,
  );

  test(
    `${name}: a longer text is longer audio`,
    async () => {
      const tts = await options.open();

      const short = await Array.fromAsync(tts.speak("Yes.", { signal: never }));
      const long = await Array.fromAsync(tts.speak(sentence, { signal: never }));

      expect(samples(long)).toBeGreaterThan(samples(short));
    },
    timeoutMs,
  );

  test.each(["", " ", "\n\t "])(
    `${name}: a text of nothing but whitespace (%j) yields nothing`,
    async (blank) => {
      const tts = await options.open();

      const chunks = await Array.fromAsync(tts.speak(blank, { signal: never }));

      expect(chunks).toEqual([]);
    },
    timeoutMs,
  );

  test(
    `${name}: every voice it offers has an id of its own and can be heard`,
    async () => {
      const tts = await options.open();
      const ids = (await tts.voices()).map(({ id }) => id);

      // Two of them: an engine may offer a hundred.
      const heard = await Promise.all(
        ids.slice(0, 2).map((voice) => Array.fromAsync(tts.speak("Yes.", { signal: never, voice }))),
      );

      expect(ids.length).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(ids.length);
      expect(heard.filter((chunks) => samples(chunks) === 0)).toEqual([]);
    },
    timeoutMs,
  );

  test(
    `${name}: a voice it does not have is rejected, without repeating the text`,
    async () => {
      const tts = await options.open();

      const error = await Array.fromAsync(
        tts.speak(sentence, { signal: never, voice: "no-such-voice" }),
      ).catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(EngineError);
      expect(error).toMatchObject({ fault: "rejected" });
      expect(String(error)).not.toContain(sentence);
    },
    timeoutMs,
  );

  test(
    `${name}: a signal already aborted rejects with its reason`,
    async () => {
      const tts = await options.open();
      const cancelled = new Cancelled("barge-in");

      const run = Array.fromAsync(tts.speak(sentence, { signal: AbortSignal.abort(cancelled) }));

      await expect(run).rejects.toBe(cancelled);
    },
    timeoutMs,
  );

  test(
    `${name}: an abort after the first chunk rejects with the reason`,
    async () => {
      const tts = await options.open();
      const controller = new AbortController();
      const cancelled = new Cancelled("barge-in");
      const speech = tts.speak(`${sentence} `.repeat(20), { signal: controller.signal });

      const run = (async () => {
        for await (const chunk of speech) {
          expect(chunk.length).toBeGreaterThan(0);
          controller.abort(cancelled);
        }
      })();

      await expect(run).rejects.toBe(cancelled);
    },
    timeoutMs,
  );

  test(
    `${name}: the caller owns every chunk`,
    async () => {
      const tts = await options.open();
      const before: Int16Array[] = [];
      const kept: Int16Array[] = [];

      for await (const chunk of tts.speak(sentence, { signal: never })) {
        before.push(chunk.slice());
        kept.push(chunk);
      }

      expect(kept).toEqual(before);
    },
    timeoutMs,
  );

  test(
    `${name}: two texts at once both become audio`,
    async () => {
      const tts = await options.open();

      const both = await Promise.all([
        Array.fromAsync(tts.speak(sentence, { signal: never })),
        Array.fromAsync(tts.speak("Yes.", { signal: never })),
      ]);

      expect(both.map((chunks) => samples(chunks) > 0)).toEqual([true, true]);
    },
    timeoutMs,
  );
}
