import { BoundedQueue } from "#core/bounded-queue.ts";
import { type EndpointDecision, Endpointer, type EndpointOptions } from "#core/endpoint.ts";
import { EngineError } from "#core/faults.ts";
import { FRAME_MS, type PcmFrame, samplesOf } from "#core/pcm.ts";
import type { FrameRing } from "#core/ring.ts";
import { withoutWakePhrase } from "#core/wake-phrase.ts";
import type { Ear, EarUtterance } from "#ports/hearing.ts";
import type { HeardCommand, SpeechToText, SttPart } from "#ports/speech-to-text.ts";

/** The wake phrase an utterance follows. */
export interface HeardWake {
  readonly phrase: string;
  readonly startSample: number;
  readonly endSample: number;
}

/** What a person said. */
export interface Utterance {
  /** Without the wake phrase; empty when nothing was understood. */
  readonly text: string;
  readonly confidence: number;
  readonly language: string | undefined;
  /** The command read from the sound itself, by a recogniser that knows the commands. */
  readonly command: HeardCommand | undefined;
}

/** Who reads the utterance, and where its audio is. */
export interface ListenDeps {
  readonly ring: FrameRing;
  /** Reads what it hears anyway, where the engine behind it can. */
  readonly ear: Ear;
  /** Reads it otherwise, and takes over when the ear's engine fails. */
  readonly stt: SpeechToText;
}

/** Options of one utterance. */
export interface ListenOptions extends EndpointOptions {
  /** Audio from before the wake or button that still belongs to the utterance. */
  readonly preRollMs: number;
  readonly wake: HeardWake | undefined;
  /** Whether speech is what began the turn, so that nobody need wait for it. */
  readonly begunBySpeech: boolean;
  readonly signal: AbortSignal;
  readonly language: string;
  /** The ear needs everything from this sample on; called once, before anything is read. */
  onBegin(firstSample: number): void;
  onDecision(decision: EndpointDecision): void;
  onInterim(text: string, confidence: number): void;
}

// A detector marks a phrase's last piece, whose sound goes on for about this long. Beginning here instead of before
// the phrase understands more: of 92 recorded wakes with a command 60 ms after them, 96 % against 89 % of the
// commands, and 88 % at 100 ms (docs/decisions/2026-11-20-listen-after-the-wake-phrase.md).
const WAKE_TAIL_MS = 150;

/**
 * Frames become an utterance.
 *
 * Begins with what the ring still holds from the end of the wake phrase (or the pre-roll) on and follows the
 * microphone until `close`. Where the ear can read what it hears, it does; the frames are kept meanwhile, so that
 * another recogniser can take over from the beginning. What of the wake phrase still got into the text is left out.
 */
export class Listening {
  readonly #queue: BoundedQueue<PcmFrame>;
  readonly #endpointer: Endpointer;
  readonly #options: ListenOptions;
  #text = "";
  #reading: EarUtterance | undefined;
  /** The finished utterance; rejects with the signal's reason on abort, or the engine's error. */
  readonly utterance: Promise<Utterance>;

  constructor(deps: ListenDeps, options: ListenOptions) {
    this.#options = options;
    const { ring } = deps;
    const now = ring.nextSample;
    const { wake } = options;
    const from = wake
      ? wake.endSample + samplesOf(WAKE_TAIL_MS)
      : Math.max(0, now - samplesOf(options.preRollMs));
    const held = ring.framesFrom(from);
    this.#endpointer = new Endpointer(options, from, options.begunBySpeech ? now : undefined);
    // Everything an utterance may hold, so that a recogniser that starts late still hears all of it.
    const limit =
      Math.ceil((options.maxUtteranceMs + options.noSpeechMs) / FRAME_MS) + held.frames.length + 50;
    this.#queue = new BoundedQueue<PcmFrame>(limit, "drop-oldest");
    for (const frame of held.frames) this.#queue.push(frame);
    options.signal.addEventListener("abort", () => this.#queue.end(), { once: true });
    options.onBegin(held.firstSample);
    this.utterance = this.#read(deps, held.firstSample);
    // Awaited by the turn; marked here so that an abort before that is not an unhandled rejection.
    this.utterance.catch(() => undefined);
  }

  /** Frames the recogniser was too slow to take. */
  get droppedFrames(): number {
    return this.#queue.dropped;
  }

  /** One more frame from the microphone. */
  frame(frame: PcmFrame, firstSample: number): void {
    this.#queue.push(frame);
    this.#decide(this.#endpointer.heard(firstSample + frame.length));
  }

  /** A voice score for audio up to `endSample`. */
  voice(score: number, endSample: number): void {
    this.#decide(this.#endpointer.voice(score, endSample));
  }

  /** No more audio belongs to the utterance. */
  close(): void {
    this.#queue.end();
    this.#reading?.finish();
  }

  #decide(decision: EndpointDecision | undefined): void {
    if (decision) this.#options.onDecision(decision);
  }

  async #read({ ear, stt }: ListenDeps, fromSample: number): Promise<Utterance> {
    const { signal, language } = this.#options;
    this.#reading = ear.utterance?.({ fromSample, signal, language });
    if (this.#reading) {
      try {
        return await this.#follow(this.#reading);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof EngineError)) throw error;
      }
    }
    return await this.#follow(stt.transcribe(this.#queue, { signal, language }));
  }

  async #follow(parts: AsyncIterable<SttPart>): Promise<Utterance> {
    const { signal } = this.#options;
    for await (const part of parts) {
      const text = this.#withoutWake(part);
      if (part.kind === "final") {
        const { confidence, language, command } = part;
        return { text, confidence, language, command };
      }
      signal.throwIfAborted();
      this.#decide(this.#endpointer.understood(text !== "", part.completeness));
      if (text === this.#text) continue;
      this.#text = text;
      if (text !== "") this.#options.onInterim(text, part.confidence);
    }
    signal.throwIfAborted();
    throw new EngineError("speech-to-text", "protocol", "ended without a final transcript");
  }

  #withoutWake({ text }: SttPart): string {
    const { wake } = this.#options;
    return wake ? withoutWakePhrase(text, wake.phrase) : text.trim();
  }
}
