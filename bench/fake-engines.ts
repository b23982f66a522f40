import { bytesOf, FRAME_SAMPLES, samplesFromBytes } from "#core/pcm.ts";
import type { Clock } from "#ports/clock.ts";
import type { Core } from "#ports/core.ts";
import type { Hearing } from "#ports/hearing.ts";
import type { SpeechToText } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";

/** How long each engine takes, in ms, and how much it says. */
export interface EngineTimes {
  /** From the end of the audio to the transcript. */
  readonly stt: number;
  /** From the transcript to the first word of the reply. */
  readonly core: number;
  /** From a sentence to its first audio. */
  readonly tts: number;
  /** Audio of one sentence. */
  readonly sentenceMs: number;
  readonly reply: string;
}

/** What the engines of one turn really took, because timers are late. */
export interface TookMs {
  readonly stt: number;
  readonly core: number;
  readonly tts: number;
}

/** Engines that do nothing but take time, and tell how much they took. */
export class TimedEngines {
  readonly #clock: Clock;
  readonly #times: EngineTimes;
  readonly #took = { stt: [] as number[], core: [] as number[], tts: [] as number[] };

  constructor(clock: Clock, times: EngineTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  /** What was taken since the last time, in all, by each engine; of voices the first sentence only. */
  took(): { readonly [engine in keyof TookMs]: readonly number[] } {
    const took = {
      stt: this.#took.stt.splice(0),
      core: this.#took.core.splice(0),
      tts: this.#took.tts.splice(0),
    };
    return took;
  }

  readonly stt: SpeechToText = {
    name: "timed",
    transcribe: (frames, { signal }) => this.#transcribe(frames, signal),
  };

  readonly core: Core = {
    process: (_request, signal) => this.#process(signal),
    played: () => undefined,
  };

  readonly tts: TextToSpeech = {
    name: "timed",
    speak: (text, { signal }) => this.#speak(text, signal),
    voices: () => Promise.resolve([]),
  };

  async *#transcribe(frames: AsyncIterable<unknown>, signal: AbortSignal) {
    for await (const _ of frames) signal.throwIfAborted();
    await this.#wait("stt", signal);
    yield { kind: "final", text: "what is this", confidence: 1 } as const;
  }

  async *#process(signal: AbortSignal) {
    yield { kind: "decision", by: "model", intent: undefined, reason: "timed" } as const;
    await this.#wait("core", signal);
    yield { kind: "text-delta", text: this.#times.reply } as const;
    yield { kind: "end", asks: false } as const;
  }

  async *#speak(text: string, signal: AbortSignal) {
    const isFirst = this.#times.reply.startsWith(text);
    if (isFirst) await this.#wait("tts", signal);
    else await this.#clock.sleep(this.#times.tts, signal);
    for (let at = 0; at < this.#times.sentenceMs; at += 100) {
      signal.throwIfAborted();
      yield new Int16Array(1600);
    }
  }

  async #wait(engine: keyof TookMs, signal: AbortSignal): Promise<void> {
    const startedAt = this.#clock.now();
    await this.#clock.sleep(this.#times[engine], signal);
    this.#took[engine].push(this.#clock.now() - startedAt);
  }
}

/** A voice on the other end of a WebSocket: asked with one text, it answers with audio and then the text `done`. */
export async function remoteVoice(url: string): Promise<TextToSpeech> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  let heard: (part: Int16Array | undefined) => void = () => undefined;
  socket.addEventListener("message", ({ data }) => {
    heard(typeof data === "string" ? undefined : samplesFromBytes(new Uint8Array(data)));
  });
  async function* speak(text: string): AsyncGenerator<Int16Array> {
    const parts: (Int16Array | undefined)[] = [];
    let wake: () => void = () => undefined;
    heard = (part) => {
      parts.push(part);
      wake();
    };
    socket.send(text);
    for (;;) {
      while (parts.length > 0) {
        const part = parts.shift();
        if (!part) return;
        yield part;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { name: "remote", speak, voices: () => Promise.resolve([]) };
}

/** Ears for which a frame is speech when its last sample is not zero. */
export const plainHearing: Hearing = {
  name: "plain",
  open: ({ listener, signal }) => ({
    push(frame, firstSample) {
      const score = frame[FRAME_SAMPLES - 1] === 0 ? 0.01 : 0.95;
      queueMicrotask(() => {
        if (!signal.aborted) listener.onVoice({ score, endSample: firstSample + FRAME_SAMPLES });
      });
    },
    setPhrases: () => undefined,
    droppedFrames: 0,
  }),
};

/** Ears that take frames and say nothing. */
export const deafHearing: Hearing = {
  name: "deaf",
  open: () => ({ push: () => undefined, setPhrases: () => undefined, droppedFrames: 0 }),
};

/** The bytes of a frame of speech or silence for `plainHearing`. */
export function plainFrame(speech: boolean): Uint8Array<ArrayBuffer> {
  const samples = new Int16Array(FRAME_SAMPLES);
  if (speech) samples.fill(1000);
  return new Uint8Array(bytesOf(samples));
}
