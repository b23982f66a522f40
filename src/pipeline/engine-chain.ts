import { EngineError } from "#core/faults.ts";
import type { PcmFrame } from "#core/pcm.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";

/** Told when an engine failed and whether another takes over. */
export type OnFailover = (failure: {
  readonly role: "stt" | "tts";
  readonly engine: string;
  readonly error: EngineError;
  readonly next: string | undefined;
}) => void;

/**
 * Several speech-to-text engines as one, in order of preference; it goes by the name of the first.
 *
 * The audio is kept until a final transcript came, so that when an engine fails the next hears the utterance from
 * its beginning. An engine that crashed and may be back is not asked twice within one utterance.
 *
 * @throws {EngineError} the last engine's, when all failed; `unavailable` when there is none.
 */
export function chainSpeechToText(engines: readonly SpeechToText[], onFailover: OnFailover): SpeechToText {
  return {
    name: engines[0]?.name ?? "none",
    async *transcribe(frames, options) {
      const replay = new Replay(frames);
      for (const [index, engine] of engines.entries()) {
        try {
          yield* untilFinal(engine, replay.fromStart(), options);
          return;
        } catch (error) {
          options.signal.throwIfAborted();
          if (!(error instanceof EngineError)) throw error;
          const next = engines[index + 1];
          onFailover({ role: "stt", engine: engine.name, error, next: next?.name });
          if (!next) throw error;
        }
      }
      throw new EngineError("speech-to-text", "unavailable", "no engine is configured or installed");
    },
  };
}

/**
 * Several voices' engines as one, in order of preference; it goes by the name of the first.
 *
 * The next engine takes over only as long as nothing of the sentence was yielded: a sentence is never begun twice.
 *
 * @throws {EngineError} the last engine's, or at once when audio had already been yielded.
 */
export function chainTextToSpeech(engines: readonly TextToSpeech[], onFailover: OnFailover): TextToSpeech {
  return {
    name: engines[0]?.name ?? "none",
    voices: async () => (await Promise.all(engines.map((engine) => engine.voices()))).flat(),
    async *speak(text, options) {
      for (const [index, engine] of engines.entries()) {
        let begun = false;
        try {
          for await (const chunk of engine.speak(text, options)) {
            begun = true;
            yield chunk;
          }
          return;
        } catch (error) {
          options.signal.throwIfAborted();
          if (!(error instanceof EngineError)) throw error;
          const next = begun ? undefined : engines[index + 1];
          onFailover({ role: "tts", engine: engine.name, error, next: next?.name });
          if (!next) throw error;
        }
      }
      throw new EngineError("text-to-speech", "unavailable", "no engine is configured or installed");
    },
  };
}

async function* untilFinal(
  engine: SpeechToText,
  frames: AsyncIterable<PcmFrame>,
  options: Parameters<SpeechToText["transcribe"]>[1],
): AsyncGenerator<SttPart, void, undefined> {
  for await (const part of engine.transcribe(frames, options)) {
    yield part;
    if (part.kind === "final") return;
  }
  throw new EngineError(engine.name, "protocol", "ended without a final transcript");
}

/** Audio that can be heard again from the start. Bounded by the utterance's own cap. */
class Replay {
  readonly #source: AsyncIterator<PcmFrame>;
  readonly #heard: PcmFrame[] = [];
  /** The one read in flight, shared by an engine that gave up on it and the next that still wants it. */
  #reading: Promise<boolean> | undefined;

  constructor(frames: AsyncIterable<PcmFrame>) {
    this.#source = frames[Symbol.asyncIterator]();
  }

  async *fromStart(): AsyncGenerator<PcmFrame, void, undefined> {
    for (let at = 0; ; at++) {
      while (at >= this.#heard.length) if (!(await this.#read())) return;
      yield this.#heard[at] as PcmFrame;
    }
  }

  async #read(): Promise<boolean> {
    this.#reading ??= this.#source.next().then((result) => {
      this.#reading = undefined;
      if (result.done) return false;
      this.#heard.push(result.value);
      return true;
    });
    return await this.#reading;
  }
}
