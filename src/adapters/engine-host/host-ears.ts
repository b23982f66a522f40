import { EngineError } from "#core/faults.ts";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import type { CommandVocabulary } from "#core/transducer/token-grammar.ts";
import type { HearingStream } from "#ports/hearing-engine.ts";
import type { VoiceActivityStream } from "#ports/voice-activity.ts";
import type { WakePhrase, WakeWordStream } from "#ports/wake-word.ts";
import type { HostMessage } from "#protocol/engine-host.ts";
import { EarUtterances } from "./ear-utterances.ts";
import type { Engines } from "./engines.ts";
import { faultOf } from "./fault-of.ts";
import type { Slices } from "./slices.ts";

/** Frames analysed before the hub is told so: a tenth of the window, so that credit costs five messages a second. */
const CREDIT_FRAMES = 10;

type Work =
  | { readonly kind: "frame"; readonly frame: PcmFrame; readonly firstSample: number }
  | { readonly kind: "phrases"; readonly phrases: readonly WakePhrase[] }
  | { readonly kind: "utterance"; readonly utterance: number; readonly fromSample: number }
  | { readonly kind: "finish"; readonly utterance: number };

interface HostEar {
  readonly stream: number;
  readonly queue: Work[];
  readonly voice: VoiceActivityStream | undefined;
  /** Where the engine hears whole, this is also `wake`, for as long as the ear lives. */
  readonly hearing: HearingStream | undefined;
  readonly utterances: EarUtterances;
  wake: WakeWordStream | undefined;
  nextSample: number | undefined;
  analysedFrames: number;
  closed: boolean;
}

/**
 * The ears of one host: every one has its own queue, and they are served in turn, one frame each.
 *
 * A satellite that pours in two seconds at once therefore delays another by one frame's work, not by its hundred.
 * An engine that throws while it analyses is broken beyond its stream; the error goes to `broken` and ends the
 * process, and the hub starts a fresh one.
 */
export class HostEars {
  readonly #engines: Engines;
  readonly #send: (message: HostMessage) => void;
  readonly #slices: Slices;
  readonly #broken: (error: unknown) => void;
  readonly #ears = new Map<number, HostEar>();
  /** The ears of utterances under way, by the utterances' streams. */
  readonly #speaking = new Map<number, HostEar>();
  /** Ears with work, the next to be served first. */
  readonly #waiting: HostEar[] = [];
  #serving = false;

  constructor(
    engines: Engines,
    send: (message: HostMessage) => void,
    slices: Slices,
    broken: (error: unknown) => void,
  ) {
    this.#engines = engines;
    this.#send = send;
    this.#slices = slices;
    this.#broken = broken;
  }

  open(stream: number, phrases: readonly WakePhrase[]): void {
    const hearing = this.#engines.hearing?.open([]);
    const ear: HostEar = {
      stream,
      queue: [],
      voice: this.#engines.voiceActivity?.open(),
      hearing,
      utterances: new EarUtterances(hearing, this.#send),
      wake: hearing,
      nextSample: undefined,
      analysedFrames: 0,
      closed: false,
    };
    this.#ears.set(stream, ear);
    this.setPhrases(stream, phrases);
  }

  setPhrases(stream: number, phrases: readonly WakePhrase[]): void {
    this.#enqueue(stream, { kind: "phrases", phrases });
  }

  push(stream: number, frame: PcmFrame, firstSample: number): void {
    this.#enqueue(stream, { kind: "frame", frame, firstSample });
  }

  /** Read utterances begun from now on as these commands. */
  setVocabulary(stream: number, vocabulary: CommandVocabulary): void {
    try {
      this.#engines.hearing?.setVocabulary(vocabulary);
      this.#send({ kind: "done", stream });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#send({ kind: "error", stream, ...faultOf(error) });
    }
  }

  /** Begin an utterance on the ear with stream `earStream`. */
  openUtterance(stream: number, earStream: number, fromSample: number, language: string | undefined): void {
    const ear = this.#ears.get(earStream);
    const refuse = (fault: "unavailable" | "rejected", detail: string) =>
      this.#send({ kind: "error", stream, fault, detail });
    if (!ear) refuse("unavailable", "the ear is closed");
    else if (!ear.hearing) refuse("unavailable", "the engine does not read utterances");
    else if (!/^en\b/i.test(language ?? "en")) refuse("rejected", "the engine understands English only");
    else {
      this.#speaking.set(stream, ear);
      this.#enqueue(earStream, { kind: "utterance", utterance: stream, fromSample });
    }
  }

  /** An utterance is over once the frames before this are analysed; harmless when it is none of an ear. */
  finish(stream: number): void {
    const ear = this.#speaking.get(stream);
    if (ear) this.#enqueue(ear.stream, { kind: "finish", utterance: stream });
  }

  /** Forget an ear, or an utterance on one; harmless when there is none. */
  close(stream: number): void {
    this.#speaking.get(stream)?.utterances.close(stream);
    this.#speaking.delete(stream);
    const ear = this.#ears.get(stream);
    if (!ear) return;
    for (const [utterance, speaker] of this.#speaking) {
      if (speaker === ear) this.close(utterance);
    }
    this.#ears.delete(stream);
    ear.closed = true;
    ear.queue.length = 0;
    ear.voice?.[Symbol.dispose]();
    ear.wake?.[Symbol.dispose]();
  }

  closeAll(): void {
    for (const stream of [...this.#ears.keys()]) this.close(stream);
  }

  #enqueue(stream: number, work: Work): void {
    const ear = this.#ears.get(stream);
    if (!ear) return; // Closed while this was on its way.
    ear.queue.push(work);
    if (ear.queue.length === 1) this.#waiting.push(ear);
    if (this.#serving) return;
    this.#serving = true;
    this.#serve().catch(this.#broken);
  }

  async #serve(): Promise<void> {
    try {
      // Let the pipe's read end first: what arrived together is served in turns.
      await this.#slices.next();
      for (let ear = this.#waiting.shift(); ear; ear = this.#waiting.shift()) {
        const work = ear.queue.shift();
        if (work) this.#perform(ear, work);
        if (ear.queue.length > 0) this.#waiting.push(ear);
        if (this.#slices.due) await this.#slices.next();
      }
    } finally {
      this.#serving = false;
    }
  }

  #perform(ear: HostEar, work: Work): void {
    if (ear.closed) return;
    switch (work.kind) {
      case "phrases":
        if (ear.hearing) this.#listenFor(ear.stream, ear.hearing, work.phrases);
        else {
          ear.wake?.[Symbol.dispose]();
          ear.wake = this.#openWake(ear.stream, work.phrases);
        }
        break;
      case "utterance":
        // One that was closed while this waited is not begun.
        if (this.#speaking.has(work.utterance)) ear.utterances.open(work.utterance, work.fromSample);
        break;
      case "finish":
        if (this.#speaking.delete(work.utterance)) ear.utterances.finish(work.utterance);
        break;
      case "frame":
        this.#analyse(ear, work.frame, work.firstSample);
        break;
    }
  }

  #analyse(ear: HostEar, frame: PcmFrame, firstSample: number): void {
    if (ear.nextSample !== undefined && ear.nextSample !== firstSample) {
      ear.voice?.reset();
      // An engine that hears whole bridges small gaps by itself.
      if (!ear.hearing) ear.wake?.reset();
    }
    ear.nextSample = firstSample + FRAME_SAMPLES;
    const score = ear.voice?.push(frame);
    if (score !== undefined) {
      this.#send({ kind: "voice", stream: ear.stream, score, endSample: ear.nextSample });
    }
    const wake = ear.wake?.push(frame, firstSample);
    if (wake) this.#send({ kind: "wake", stream: ear.stream, ...wake });
    if (ear.hearing) {
      if (score !== undefined) ear.hearing.voice(score, ear.nextSample);
      const near = ear.hearing.wakeScore();
      if (near) this.#send({ kind: "wake-score", stream: ear.stream, ...near });
      ear.utterances.report();
    }
    ear.analysedFrames += 1;
    if (ear.analysedFrames < CREDIT_FRAMES) return;
    this.#send({ kind: "consumed", stream: ear.stream, amount: ear.analysedFrames });
    ear.analysedFrames = 0;
  }

  /** Open what the engine can spell of `phrases`; one bad phrase must not silence the others. */
  #openWake(stream: number, phrases: readonly WakePhrase[]): WakeWordStream | undefined {
    const engine = this.#engines.wakeWord;
    if (!engine || phrases.length === 0) return undefined;
    const spellable = this.#spellable(stream, phrases, (some) => engine.open(some)[Symbol.dispose]());
    return spellable.length > 0 ? engine.open(spellable) : undefined;
  }

  #listenFor(stream: number, hearing: HearingStream, phrases: readonly WakePhrase[]): void {
    hearing.setPhrases(this.#spellable(stream, phrases, (some) => hearing.setPhrases(some)));
  }

  /** Those of `phrases` that `attempt` does not refuse; the first refusal is told to the hub. */
  #spellable(
    stream: number,
    phrases: readonly WakePhrase[],
    attempt: (phrases: readonly WakePhrase[]) => void,
  ): readonly WakePhrase[] {
    let told = false;
    return phrases.filter((phrase) => {
      try {
        attempt([phrase]);
        return true;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (!told) this.#send({ kind: "error", stream, ...faultOf(error) });
        told = true;
        return false;
      }
    });
  }
}
