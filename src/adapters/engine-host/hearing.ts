import { EngineError } from "#core/faults.ts";
import type { PcmFrame } from "#core/pcm.ts";
import type { CommandVocabulary } from "#core/transducer/token-grammar.ts";
import type { Ear, EarListener, EarUtterance, Hearing } from "#ports/hearing.ts";
import type { Log } from "#ports/log.ts";
import type { WakePhrase } from "#ports/wake-word.ts";
import { type HostMessage, WINDOW_FRAMES } from "#protocol/engine-host.ts";
import { ProtocolError } from "#protocol/length-prefix.ts";
import { HostEarUtterance } from "./ear-utterance.ts";
import type { EngineHost } from "./engine-host.ts";
import type { HostChild, HostStream } from "./host-child.ts";

/**
 * Hearing by the detectors of an engine host.
 *
 * A phrase the engine cannot spell is logged and left out; the others and voice activity go on.
 */
export function hostHearing(host: EngineHost, log: Log): Hearing {
  const name = `engine host (${host.role})`;
  let vocabulary: CommandVocabulary | undefined;
  let current: HostChild | undefined;

  function tell(child: HostChild): void {
    if (!vocabulary || !host.engines?.utterances) return;
    const stream = child.open("ear", {
      receive(message) {
        if (message.kind === "error") log.warn("commands not usable", { detail: message.detail });
        stream.close();
      },
      lost: () => undefined,
    });
    try {
      stream.send({ kind: "set-vocabulary", stream: stream.id, vocabulary });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      stream.close();
      log.warn("commands not usable", { detail: "there are too many of them" });
    }
  }

  // For as long as the host lives; before any ear, so that no utterance comes before its commands.
  host.onChild(new AbortController().signal, (child) => {
    current = child;
    tell(child);
  });

  return {
    name,
    setVocabulary(commands) {
      vocabulary = commands;
      if (current) tell(current);
    },
    open({ satelliteId, phrases, listener, signal }) {
      const canRead = () => host.engines?.utterances ?? false;
      const ear = new HostEar({ name, satelliteId, phrases, listener, log, canRead });
      if (signal.aborted) return ear;
      host.onChild(signal, (child) => ear.listenThrough(child));
      signal.addEventListener("abort", () => ear.close(), { once: true });
      return ear;
    },
  };
}

interface HostEarOptions {
  /** Names the hearing in errors. */
  readonly name: string;
  readonly satelliteId: string;
  readonly phrases: readonly WakePhrase[];
  readonly listener: EarListener;
  readonly log: Log;
  /** Whether the engine reads utterances. */
  readonly canRead: () => boolean;
}

/** An ear that moves from child to child. */
class HostEar implements Ear {
  readonly #options: HostEarOptions;
  readonly #utterances = new Set<HostEarUtterance>();
  #phrases: readonly WakePhrase[];
  #child: HostChild | undefined;
  #stream: HostStream | undefined;
  /** Frames on their way that the engine has not analysed yet, to within the last credit. */
  #unconsumed = 0;
  #closed = false;
  #droppedFrames = 0;

  constructor(options: HostEarOptions) {
    this.#options = options;
    this.#phrases = options.phrases;
  }

  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  push(frame: PcmFrame, firstSample: number): void {
    if (this.#closed) return;
    const stream = this.#stream;
    if (!stream || this.#unconsumed >= WINDOW_FRAMES) {
      this.#droppedFrames += 1;
      return;
    }
    this.#unconsumed += 1;
    stream.sendSoon({ kind: "ear-frame", stream: stream.id, firstSample, pcm: frame });
  }

  setPhrases(phrases: readonly WakePhrase[]): void {
    this.#phrases = phrases;
    this.#stream?.send({ kind: "set-phrases", stream: this.#stream.id, phrases });
  }

  utterance(options: {
    readonly fromSample: number;
    readonly signal: AbortSignal;
    readonly language?: string;
  }): EarUtterance | undefined {
    const { name, canRead } = this.#options;
    const { fromSample, signal, language } = options;
    const stream = this.#stream;
    if (!this.#child || !stream || !canRead()) return undefined;
    let utterance: HostEarUtterance | undefined;
    let over = false;
    utterance = new HostEarUtterance({
      child: this.#child,
      engine: name,
      ear: stream.id,
      fromSample,
      language,
      signal,
      onOver: () => {
        over = true;
        if (utterance) this.#utterances.delete(utterance);
      },
    });
    if (!over) this.#utterances.add(utterance);
    return utterance;
  }

  listenThrough(child: HostChild): void {
    const stream = child.open("ear", {
      receive: (message) => this.#receive(message),
      lost: () => {
        if (this.#stream === stream) this.#stream = undefined;
      },
    });
    this.#child = child;
    this.#stream = stream;
    this.#unconsumed = 0;
    stream.send({ kind: "open-ear", stream: stream.id, phrases: this.#phrases });
  }

  close(): void {
    this.#closed = true;
    const gone = new EngineError(this.#options.name, "unavailable", "the ear is closed");
    for (const utterance of [...this.#utterances]) utterance.stop(gone);
    this.#stream?.close();
    this.#stream = undefined;
  }

  #receive(message: HostMessage): void {
    if (this.#closed) return;
    const { listener, log, satelliteId } = this.#options;
    switch (message.kind) {
      case "voice":
        listener.onVoice({ score: message.score, endSample: message.endSample });
        break;
      case "wake": {
        const { phrase, score, startSample, endSample } = message;
        listener.onWake({ phrase, score, startSample, endSample });
        break;
      }
      case "wake-score": {
        const { phrase, score, threshold, endSample } = message;
        listener.onWakeScore?.({ phrase, score, threshold, endSample });
        break;
      }
      case "consumed":
        this.#unconsumed -= message.amount;
        break;
      case "error":
        log.warn("wake phrase not usable", { satelliteId, detail: message.detail });
        break;
      default:
      // Nothing else is said on an ear's stream.
    }
  }
}
