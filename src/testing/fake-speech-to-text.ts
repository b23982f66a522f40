import { EngineError } from "#core/faults.ts";
import type { PcmFrame } from "#core/pcm.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";

/** What the fake does with one utterance. */
export type SttScript =
  /** Say `parts` spread over the frames; the last part must be the `final`, and comes when the frames end. */
  | { readonly kind: "parts"; readonly parts: readonly SttPart[] }
  /** Fail after so many frames. */
  | { readonly kind: "failure"; readonly afterFrames: number; readonly error: EngineError };

/** One call the fake has seen. */
export interface FakeUtterance {
  readonly language: string | undefined;
  readonly frames: PcmFrame[];
  outcome: "open" | "final" | "failed" | "aborted";
}

/**
 * A recogniser that answers from scripts, one for each utterance in order; the last script answers all further
 * ones.
 *
 * An interim part is given after each frame until only the final one is left.
 */
export class FakeSpeechToText implements SpeechToText {
  readonly name: string;
  /** Every utterance begun, oldest first. */
  readonly utterances: FakeUtterance[] = [];
  #scripts: SttScript[];

  constructor(scripts: readonly SttScript[], name = "fake-stt") {
    this.#scripts = [...scripts];
    this.name = name;
  }

  /** Scripts of further utterances; replaces those that are left. */
  script(...scripts: readonly SttScript[]): void {
    this.#scripts = [...scripts];
  }

  async *transcribe(
    frames: AsyncIterable<PcmFrame>,
    options: { readonly signal: AbortSignal; readonly language?: string },
  ): AsyncGenerator<SttPart, void, undefined> {
    options.signal.throwIfAborted();
    const utterance: FakeUtterance = { language: options.language, frames: [], outcome: "open" };
    this.utterances.push(utterance);
    try {
      yield* this.#follow(this.#next(), utterance, frames, options.signal);
      utterance.outcome = "final";
    } catch (error) {
      utterance.outcome = options.signal.aborted ? "aborted" : "failed";
      options.signal.throwIfAborted();
      throw error;
    } finally {
      if (utterance.outcome === "open") utterance.outcome = "aborted";
    }
  }

  #next(): SttScript {
    const script = this.#scripts[0];
    if (this.#scripts.length > 1) this.#scripts.shift();
    return script ?? { kind: "parts", parts: [{ kind: "final", text: "", confidence: 0 }] };
  }

  async *#follow(
    script: SttScript,
    utterance: FakeUtterance,
    frames: AsyncIterable<PcmFrame>,
    signal: AbortSignal,
  ): AsyncGenerator<SttPart, void, undefined> {
    if (script.kind === "failure" && script.afterFrames === 0) throw script.error;
    const parts = script.kind === "parts" ? [...script.parts] : [];
    const iterator = frames[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await orAborted(iterator.next(), signal);
        if (step.done) break;
        utterance.frames.push(step.value);
        if (script.kind === "failure" && utterance.frames.length >= script.afterFrames) throw script.error;
        const interim = parts.length > 1 ? parts.shift() : undefined;
        if (interim) yield interim;
        signal.throwIfAborted();
      }
    } finally {
      // Not awaited: a source that is parked in next() would answer only with its next frame.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
    if (script.kind === "failure") throw script.error;
    const final = parts.at(-1);
    if (final?.kind !== "final") throw new EngineError(this.name, "protocol", "ended without a final part");
    yield final;
  }
}

/** Settle as `promise` does, or reject with the signal's reason, whichever comes first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A script that hears one sentence: each word an interim, then the whole. */
export function hears(text: string): SttScript {
  const words = text.split(" ");
  const interims = words.map((_, count): SttPart => {
    return { kind: "interim", text: words.slice(0, count + 1).join(" "), confidence: 0.5 };
  });
  return { kind: "parts", parts: [...interims, { kind: "final", text, confidence: 0.9, language: "en" }] };
}
