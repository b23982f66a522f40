import type { HearingStream, UtteranceStream } from "#ports/hearing-engine.ts";
import type { HostMessage } from "#protocol/engine-host.ts";

/** The utterances under way on one ear, by their streams. */
export class EarUtterances {
  readonly #hearing: HearingStream | undefined;
  readonly #send: (message: HostMessage) => void;
  readonly #utterances = new Map<number, UtteranceStream>();

  constructor(hearing: HearingStream | undefined, send: (message: HostMessage) => void) {
    this.#hearing = hearing;
    this.#send = send;
  }

  open(stream: number, fromSample: number): void {
    if (!this.#hearing) return;
    this.#utterances.set(stream, this.#hearing.utterance(fromSample));
    this.report();
  }

  /** Send what is new of every utterance. */
  report(): void {
    for (const [stream, utterance] of this.#utterances) {
      const part = utterance.next();
      if (part) this.#send({ kind: "stt-part", stream, part });
    }
  }

  /** Send the final part. */
  finish(stream: number): void {
    const utterance = this.#utterances.get(stream);
    if (!utterance) return;
    this.#utterances.delete(stream);
    this.#send({ kind: "stt-part", stream, part: utterance.finish() });
    this.#send({ kind: "done", stream });
  }

  /** Give an utterance up; harmless when there is none. */
  close(stream: number): void {
    this.#utterances.get(stream)?.[Symbol.dispose]();
    this.#utterances.delete(stream);
  }
}
