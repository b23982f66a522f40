import { expect, test } from "bun:test";
import { Cancelled } from "#core/faults.ts";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";

/** What an adapter brings so that the suite can run. */
export interface SttContractOptions {
  /** The recogniser under test; called once per test. Who opened something costly shares and ends it outside. */
  readonly open: () => SpeechToText | Promise<SpeechToText>;
  /** An utterance, default 400 ms of silence. */
  readonly utterance?: readonly PcmFrame[];
  /** Longest one test may take, in ms; default 5000. */
  readonly timeoutMs?: number;
}

/** What every speech-to-text adapter must do, whoever is behind it. */
export function sttContract(name: string, options: SttContractOptions): void {
  const utterance = options.utterance ?? Array.from({ length: 20 }, () => new Int16Array(FRAME_SAMPLES));
  const timeoutMs = options.timeoutMs ?? 5000;
  const never = new AbortController().signal;
  const finals = (parts: readonly SttPart[]) => parts.filter((part) => part.kind === "final").length;

  test(
    `${name}: an utterance ends in exactly one final part, which is the last`,
    async () => {
      const stt = await options.open();

      const parts = await Array.fromAsync(stt.transcribe(each(utterance), { signal: never }));

      expect(finals(parts)).toBe(1);
      expect(parts.at(-1)?.kind).toBe("final");
    },
    timeoutMs,
  );

  test(
    `${name}: confidences are between 0 and 1`,
    async () => {
      const stt = await options.open();

      const parts = await Array.fromAsync(stt.transcribe(each(utterance), { signal: never }));

      expect(parts.filter(({ confidence }) => !(confidence >= 0 && confidence <= 1))).toEqual([]);
    },
    timeoutMs,
  );

  test(
    `${name}: an utterance without a single frame still has its final part`,
    async () => {
      const stt = await options.open();

      const parts = await Array.fromAsync(stt.transcribe(each([]), { signal: never }));

      expect(parts.map(({ kind }) => kind)).toEqual(["final"]);
    },
    timeoutMs,
  );

  test(
    `${name}: a signal already aborted rejects with its reason`,
    async () => {
      const stt = await options.open();
      const cancelled = new Cancelled("barge-in");

      const run = Array.fromAsync(stt.transcribe(each(utterance), { signal: AbortSignal.abort(cancelled) }));

      await expect(run).rejects.toBe(cancelled);
    },
    timeoutMs,
  );

  test(
    `${name}: an abort while it waits for a frame rejects with the reason`,
    async () => {
      const stt = await options.open();
      const controller = new AbortController();
      const cancelled = new Cancelled("stop");
      const waiting = Promise.withResolvers<void>();

      const run = Array.fromAsync(
        stt.transcribe(thenSilentFor(utterance.slice(0, 2), waiting.resolve), { signal: controller.signal }),
      );
      const outcome = run.catch((error: unknown) => error);
      await waiting.promise;
      controller.abort(cancelled);

      expect(await outcome).toBe(cancelled);
    },
    timeoutMs,
  );

  test(
    `${name}: a microphone that fails fails the utterance with the same error`,
    async () => {
      const stt = await options.open();
      const gone = new Error("the link is gone");

      const run = Array.fromAsync(stt.transcribe(thenFails(utterance.slice(0, 2), gone), { signal: never }));

      await expect(run).rejects.toBe(gone);
    },
    timeoutMs,
  );

  test(
    `${name}: two utterances at once each have their own final part`,
    async () => {
      const stt = await options.open();

      const both = await Promise.all([
        Array.fromAsync(stt.transcribe(each(utterance), { signal: never })),
        Array.fromAsync(stt.transcribe(each(utterance), { signal: never })),
      ]);

      expect(both.map(finals)).toEqual([1, 1]);
    },
    timeoutMs,
  );

  test(
    `${name}: an abandoned utterance does not disturb the next`,
    async () => {
      const stt = await options.open();
      const controller = new AbortController();
      const abandoned = Array.fromAsync(stt.transcribe(each(utterance), { signal: controller.signal }));
      controller.abort(new Cancelled("replaced"));
      await abandoned.catch(() => undefined);

      const parts = await Array.fromAsync(stt.transcribe(each(utterance), { signal: never }));

      expect(parts.at(-1)?.kind).toBe("final");
    },
    timeoutMs,
  );
}

async function* each(frames: readonly PcmFrame[]): AsyncGenerator<PcmFrame> {
  for (const frame of frames) yield await Promise.resolve(frame);
}

async function* thenSilentFor(frames: readonly PcmFrame[], waiting: () => void): AsyncGenerator<PcmFrame> {
  yield* frames;
  waiting();
  await new Promise<never>(() => undefined);
}

async function* thenFails(frames: readonly PcmFrame[], error: Error): AsyncGenerator<PcmFrame> {
  yield* frames;
  throw await Promise.resolve(error);
}
