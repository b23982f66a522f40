import { Cancelled, type CancelledBy } from "#core/faults.ts";
import { msOf } from "#core/pcm.ts";
import { prefetch } from "#core/prefetch.ts";
import { SentenceSplitter } from "#core/sentences.ts";
import { Trace } from "#core/trace.ts";
import type { TurnSource } from "#core/turn-state.ts";
import type { EventDraft } from "#events/hub-event.ts";
import type { Listening } from "#pipeline/listen.ts";
import type { OwnVoice } from "#pipeline/own-voice.ts";
import { Playback, type SpeechChunk } from "#pipeline/playback.ts";
import type { Clock } from "#ports/clock.ts";
import type { Core, CoreEffect } from "#ports/core.ts";
import type { Satellite } from "#ports/satellite.ts";
import type { HeardCommand } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";

// Chunks are about 100 ms: five seconds of speech are made ahead of the speaker, and no more.
const SPEECH_AHEAD_CHUNKS = 50;
// An engine that goes quiet for this long in the middle of a reply has stalled.
const STALL_MS = 15_000;
const PROMPT_PREVIEW = 200;

/** What a turn needs from the hub. */
export interface TurnDeps {
  readonly clock: Clock;
  readonly core: Core;
  readonly tts: TextToSpeech;
  readonly ownVoice: OwnVoice;
  readonly satellite: Satellite;
  readonly room: string | undefined;
  readonly voice: string | undefined;
  /** How long the answer's first sound may take. */
  readonly deadlineMs: number;
  publish(draft: EventDraft): void;
  effect(effect: CoreEffect): void;
  /** The first frame of speech has left. */
  speaking(turn: Turn): void;
}

/** How a reply went. */
export interface ReplyResult {
  /** Whether it expects an answer. */
  readonly asks: boolean;
  /** The assistant asked for silence instead of answering. */
  readonly stopped: boolean;
}

/**
 * One turn: an utterance and its reply.
 *
 * Everything it starts hangs on its own signal, so that one abort ends the recogniser, the model, the voice and
 * the playback together. Each stage says by when it expects progress; when none comes, the turn aborts itself.
 */
export class Turn {
  readonly id: string;
  readonly source: TurnSource;
  readonly trace: Trace;
  listening: Listening | undefined;
  playback: Playback | undefined;
  readonly #deps: TurnDeps;
  #controller = new AbortController();
  #expectation: AbortController | undefined;
  #over = false;
  readonly #sentences: string[] = [];
  #generatedMs = 0;
  #heardAtEnd: string | undefined;

  constructor(id: string, source: TurnSource, deps: TurnDeps) {
    this.id = id;
    this.source = source;
    this.#deps = deps;
    this.trace = new Trace(deps.clock.now());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the turn's end has been decided; whatever still runs of it stays silent. */
  get over(): boolean {
    return this.#over;
  }

  /** Something must happen within `ms`, else the turn is aborted by its deadline. Replaces what was expected before. */
  expect(ms: number): void {
    this.#expectation?.abort();
    if (this.#over) return;
    const expectation = new AbortController();
    this.#expectation = expectation;
    this.#deps.clock.sleep(ms, expectation.signal).then(
      () => this.#controller.abort(new Cancelled("deadline")),
      () => undefined, // met, or replaced by a later expectation
    );
  }

  /** Take up the turn again after it failed, to apologise: with a fresh signal and nothing running. */
  renew(): void {
    this.#controller.abort(new Cancelled("stop"));
    if (!this.#over) this.#controller = new AbortController();
  }

  /** The words of the reply that had been heard when the end was decided; all of them until then. */
  get heardAtEnd(): string {
    return this.#heardAtEnd ?? this.#heardText();
  }

  /** The end has been decided: abort whatever still runs. */
  finish(by: CancelledBy): void {
    this.#heardAtEnd ??= this.#heardText();
    this.#over = true;
    this.#expectation?.abort();
    this.#controller.abort(new Cancelled(by));
  }

  /** Close the running segment of the trace. */
  mark(name: string, agoMs = 0): void {
    this.trace.mark(name, this.#deps.clock.now() - agoMs);
  }

  #heardText(): string {
    const position = this.playback?.position();
    if (!position) return "";
    const whole = this.#sentences.slice(0, position.sentence);
    const words = (this.#sentences[position.sentence] ?? "").split(" ");
    const heard = words.slice(0, Math.round(words.length * position.ratio)).join(" ");
    return [...whole, heard].filter((sentence) => sentence !== "").join(" ");
  }

  /**
   * Answer `text`: think, speak, and resolve when the reply has been heard.
   *
   * @throws {EngineError} from the model or the voice; rejects with the signal's reason on abort.
   */
  async answer(text: string, command?: HeardCommand): Promise<ReplyResult> {
    const deps = this.#deps;
    this.expect(deps.deadlineMs);
    const result = { asks: false, stopped: false };
    await this.speak(this.#reply(text, command, result));
    deps.core.played(this.id, this.#sentences.join(" "));
    return result;
  }

  /** Speak sentences as they come; resolves when the last has been heard. */
  async speak(sentences: AsyncIterable<string>): Promise<void> {
    const deps = this.#deps;
    const { signal } = this;
    this.playback = new Playback({
      clock: deps.clock,
      satellite: deps.satellite,
      turnId: this.id,
      onFirstFrame: () => {
        this.mark("send");
        deps.speaking(this);
      },
    });
    try {
      await this.playback.run(prefetch(this.#voiced(sentences), SPEECH_AHEAD_CHUNKS), signal);
      if (this.playback.sentMs > 0) this.mark("reply");
    } finally {
      deps.ownVoice.silent(this.id);
    }
    signal.throwIfAborted();
  }

  async *#reply(
    text: string,
    command: HeardCommand | undefined,
    result: { asks: boolean; stopped: boolean },
  ): AsyncGenerator<string, void, undefined> {
    const { core, clock, publish, effect, room, satellite } = this.#deps;
    const splitter = new SentenceSplitter();
    const model = new ModelEvents(clock, publish, text);
    let first = true;
    const request = {
      turnId: this.id,
      sessionId: satellite.sessionId,
      satelliteId: satellite.id,
      room,
      text,
      command,
    };
    for await (const part of core.process(request, this.signal)) {
      switch (part.kind) {
        case "decision":
          publish({ type: "decision", by: part.by, intent: part.intent ?? null, reason: part.reason });
          if (part.by === "model") model.start(part.reason);
          break;
        case "effect":
          if (part.effect.kind === "stop") result.stopped = true;
          else effect(part.effect);
          break;
        case "text-delta":
          if (first) this.mark("think");
          first = false;
          model.delta(part.text);
          yield* splitter.push(part.text);
          break;
        case "end":
          result.asks = part.asks;
          break;
        default:
          part satisfies never;
      }
    }
    model.end();
    yield* splitter.flush();
  }

  async *#voiced(sentences: AsyncIterable<string>): AsyncGenerator<SpeechChunk, void, undefined> {
    const { tts, voice, clock, publish, ownVoice } = this.#deps;
    for await (const sentence of sentences) {
      const index = this.#sentences.push(sentence) - 1;
      ownVoice.saying(this.id, sentence);
      publish({ type: "tts_start", text: sentence, voice_id: voice ?? "default", engine: tts.name });
      const startedAt = clock.now();
      let samples = 0;
      try {
        for await (const pcm of tts.speak(sentence, { signal: this.signal, ...(voice ? { voice } : {}) })) {
          if (index === 0 && samples === 0) this.mark("synthesise");
          samples += pcm.length;
          this.#generatedMs += msOf(pcm.length);
          this.expect(this.#generatedMs + STALL_MS);
          yield { pcm, sentence: index };
        }
      } catch (error) {
        if (!(error instanceof Cancelled) && !this.signal.aborted) {
          publish({ type: "tts_error", error: error instanceof Error ? error.message : "failed" });
        }
        throw error;
      }
      publish({
        type: "tts_result",
        duration_ms: clock.now() - startedAt,
        audio_duration_ms: msOf(samples),
        success: true,
      });
    }
  }
}

/** The language model's own events of one reply. */
class ModelEvents {
  readonly #clock: Clock;
  readonly #publish: TurnDeps["publish"];
  readonly #prompt: string;
  #startedAt: number | undefined;
  #text = "";
  #tokens = 0;

  constructor(clock: Clock, publish: TurnDeps["publish"], prompt: string) {
    this.#clock = clock;
    this.#publish = publish;
    this.#prompt = prompt;
  }

  start(model: string): void {
    this.#startedAt = this.#clock.now();
    const prompt =
      this.#prompt.length > PROMPT_PREVIEW ? `${this.#prompt.slice(0, PROMPT_PREVIEW)}...` : this.#prompt;
    this.#publish({ type: "llm_start", prompt, model, temperature: 0.7 });
  }

  delta(token: string): void {
    if (this.#startedAt === undefined) return;
    this.#text += token;
    this.#tokens += 1;
    this.#publish({ type: "llm_token", token, cumulative_text: this.#text });
  }

  end(): void {
    if (this.#startedAt === undefined) return;
    const ms = this.#clock.now() - this.#startedAt;
    this.#publish({
      type: "llm_result",
      text: this.#text,
      duration_ms: ms,
      token_count: this.#tokens,
      tokens_per_second: ms > 0 ? (this.#tokens * 1000) / ms : 0,
    });
  }
}
