import type { PcmFrame } from "#core/pcm.ts";
import type { Ear, EarListener, Hearing } from "#ports/hearing.ts";
import type { Log } from "#ports/log.ts";
import type { WakePhrase } from "#ports/wake-word.ts";
import { type HostMessage, WINDOW_FRAMES } from "#protocol/engine-host.ts";
import type { EngineHost } from "./engine-host.ts";
import type { HostChild, HostStream } from "./host-child.ts";

/**
 * Hearing by the detectors of an engine host.
 *
 * A phrase the engine cannot spell is logged and left out; the others and voice activity go on.
 */
export function hostHearing(host: EngineHost, log: Log): Hearing {
  return {
    name: `engine host (${host.role})`,
    open({ satelliteId, phrases, listener, signal }) {
      const ear = new HostEar(satelliteId, phrases, listener, log);
      if (signal.aborted) return ear;
      host.onChild(signal, (child) => ear.listenThrough(child));
      signal.addEventListener("abort", () => ear.close(), { once: true });
      return ear;
    },
  };
}

/** An ear that moves from child to child. */
class HostEar implements Ear {
  readonly #satelliteId: string;
  readonly #listener: EarListener;
  readonly #log: Log;
  #phrases: readonly WakePhrase[];
  #stream: HostStream | undefined;
  /** Frames on their way that the engine has not analysed yet, to within the last credit. */
  #unconsumed = 0;
  #closed = false;
  #droppedFrames = 0;

  constructor(satelliteId: string, phrases: readonly WakePhrase[], listener: EarListener, log: Log) {
    this.#satelliteId = satelliteId;
    this.#phrases = phrases;
    this.#listener = listener;
    this.#log = log;
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

  listenThrough(child: HostChild): void {
    const stream = child.open("ear", {
      receive: (message) => this.#receive(message),
      lost: () => {
        if (this.#stream === stream) this.#stream = undefined;
      },
    });
    this.#stream = stream;
    this.#unconsumed = 0;
    stream.send({ kind: "open-ear", stream: stream.id, phrases: this.#phrases });
  }

  close(): void {
    this.#closed = true;
    this.#stream?.close();
    this.#stream = undefined;
  }

  #receive(message: HostMessage): void {
    if (this.#closed) return;
    switch (message.kind) {
      case "voice":
        this.#listener.onVoice({ score: message.score, endSample: message.endSample });
        break;
      case "wake": {
        const { phrase, score, startSample, endSample } = message;
        this.#listener.onWake({ phrase, score, startSample, endSample });
        break;
      }
      case "consumed":
        this.#unconsumed -= message.amount;
        break;
      case "error":
        this.#log.warn("wake phrase not usable", { satelliteId: this.#satelliteId, detail: message.detail });
        break;
      default:
      // Nothing else is said on an ear's stream.
    }
  }
}
