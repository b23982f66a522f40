import { EngineError } from "#core/faults.ts";
import type { Clock } from "#ports/clock.ts";
import type { TextToSpeech, Voice } from "#ports/text-to-speech.ts";

/** Samples the fake makes of one character: 50 ms, about the pace of speech. */
export const SAMPLES_PER_CHARACTER = 800;
/** Samples in one chunk of the fake's speech: 100 ms. */
const CHUNK_SAMPLES = 1600;

/** One call the fake has seen. */
export interface FakeSpoken {
  readonly text: string;
  readonly voice: string | undefined;
  /** Samples handed over so far. */
  samples: number;
  outcome: "open" | "complete" | "failed" | "aborted";
}

/** How the fake behaves; may be changed between calls. */
export interface FakeSpeechBehaviour {
  /** Time each chunk takes to make, on `clock`. */
  readonly chunkDelayMs: number;
  /** Fail a call after so many samples; undefined never fails. */
  readonly failAfterSamples: number | undefined;
  readonly fault: EngineError;
}

/** An engine that speaks a 440 Hz tone of a length given by the text, and remembers what it spoke. */
export class FakeTextToSpeech implements TextToSpeech {
  readonly name: string;
  /** Every call begun, oldest first; calls with nothing to say included. */
  readonly spoken: FakeSpoken[] = [];
  behaviour: FakeSpeechBehaviour;
  readonly #clock: Clock | undefined;

  /** `clock` is needed only by a behaviour with delays. */
  constructor(
    options: {
      readonly name?: string;
      readonly clock?: Clock;
      readonly behaviour?: Partial<FakeSpeechBehaviour>;
    } = {},
  ) {
    this.name = options.name ?? "fake-tts";
    this.#clock = options.clock;
    this.behaviour = {
      chunkDelayMs: 0,
      failAfterSamples: undefined,
      fault: new EngineError(this.name, "crashed", "failed as the test asked"),
      ...options.behaviour,
    };
  }

  /** The texts spoken, oldest first. */
  get texts(): readonly string[] {
    return this.spoken.map((spoken) => spoken.text);
  }

  async *speak(
    text: string,
    options: { readonly signal: AbortSignal; readonly voice?: string },
  ): AsyncGenerator<Int16Array, void, undefined> {
    const { signal, voice } = options;
    signal.throwIfAborted();
    const spoken: FakeSpoken = { text, voice, samples: 0, outcome: "open" };
    this.spoken.push(spoken);
    const { chunkDelayMs, failAfterSamples, fault } = this.behaviour;
    try {
      if (voice !== undefined && !VOICES.some(({ id }) => id === voice)) {
        throw new EngineError(this.name, "rejected", "no such voice");
      }
      const total = text.trim().length * SAMPLES_PER_CHARACTER;
      while (spoken.samples < total) {
        if (failAfterSamples !== undefined && spoken.samples >= failAfterSamples) throw fault;
        if (chunkDelayMs > 0 && this.#clock) await this.#clock.sleep(chunkDelayMs, signal);
        else await Promise.resolve();
        signal.throwIfAborted();
        const chunk = tone(spoken.samples, Math.min(CHUNK_SAMPLES, total - spoken.samples));
        spoken.samples += chunk.length;
        yield chunk;
        signal.throwIfAborted();
      }
      spoken.outcome = "complete";
    } catch (error) {
      spoken.outcome = signal.aborted ? "aborted" : "failed";
      throw error;
    } finally {
      if (spoken.outcome === "open") spoken.outcome = "aborted";
    }
  }

  voices(): Promise<readonly Voice[]> {
    return Promise.resolve(VOICES);
  }
}

const VOICES: readonly Voice[] = [
  { id: "fake-en", language: "en", name: "Tone" },
  { id: "fake-de", language: "de", name: "Ton" },
];

function tone(firstSample: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => {
    return Math.round(8000 * Math.sin((2 * Math.PI * 440 * (firstSample + i)) / 16_000));
  });
}
