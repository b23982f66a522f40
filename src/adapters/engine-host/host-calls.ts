import { BoundedQueue } from "#core/bounded-queue.ts";
import { EngineError } from "#core/faults.ts";
import type { PcmFrame } from "#core/pcm.ts";
import { type HostMessage, WINDOW_FRAMES, WINDOW_SAMPLES } from "#protocol/engine-host.ts";
import type { Engines } from "./engines.ts";
import { faultOf } from "./fault-of.ts";
import type { Slices } from "./slices.ts";

/** Longest piece of speech in one message: half a second, so that pings and scores get in between. */
const MAX_AUDIO_SAMPLES = 8000;

interface HostCall {
  readonly controller: AbortController;
  /** Frames of an utterance; absent when the call speaks. */
  readonly frames?: BoundedQueue<PcmFrame>;
  /** Samples sent and not yet taken by the caller. */
  unconsumed: number;
  /** Wakes the speaker when the caller has taken some. */
  taken: (() => void) | undefined;
}

/** Utterances being transcribed and texts being spoken in one host. */
export class HostCalls {
  readonly #engines: Engines;
  readonly #send: (message: HostMessage) => void;
  readonly #slices: Slices;
  readonly #calls = new Map<number, HostCall>();

  constructor(engines: Engines, send: (message: HostMessage) => void, slices: Slices) {
    this.#engines = engines;
    this.#send = send;
    this.#slices = slices;
  }

  /** Begin an utterance. */
  transcribe(stream: number, name: string | undefined, language: string | undefined): void {
    const frames = new BoundedQueue<PcmFrame>(WINDOW_FRAMES, "drop-newest");
    const call: HostCall = { controller: new AbortController(), frames, unconsumed: 0, taken: undefined };
    this.#run(stream, call, async (signal) => {
      const engine = this.#engines.speechToText.find((other) => name === undefined || other.name === name);
      if (!engine) throw missing(name ?? "speech-to-text");
      const options = language === undefined ? { signal } : { signal, language };
      for await (const part of engine.transcribe(this.#inSlices(stream, frames), options)) {
        this.#send({ kind: "stt-part", stream, part });
      }
    });
  }

  /** Add a frame to an utterance. */
  push(stream: number, frame: PcmFrame): void {
    this.#calls.get(stream)?.frames?.push(frame);
  }

  /** The utterance is over. */
  finish(stream: number): void {
    this.#calls.get(stream)?.frames?.end();
  }

  /** Speak a text. */
  speak(stream: number, text: string, name: string | undefined, voice: string | undefined): void {
    const call: HostCall = { controller: new AbortController(), unconsumed: 0, taken: undefined };
    this.#run(stream, call, async (signal) => {
      const engine = this.#engines.textToSpeech.find((other) => name === undefined || other.name === name);
      if (!engine) throw missing(name ?? "text-to-speech");
      const options = voice === undefined ? { signal } : { signal, voice };
      for await (const chunk of engine.speak(text, options)) {
        for (let at = 0; at < chunk.length; at += MAX_AUDIO_SAMPLES) {
          await this.#room(call, signal);
          const samples = chunk.subarray(at, at + MAX_AUDIO_SAMPLES);
          call.unconsumed += samples.length;
          this.#send({ kind: "audio", stream, samples });
          // Ears and pings come first: an engine that computes in one go must not starve them.
          await this.#slices.next();
        }
      }
    });
  }

  /** The caller has taken so many samples of a spoken text. */
  consumed(stream: number, samples: number): void {
    const call = this.#calls.get(stream);
    if (!call) return;
    call.unconsumed -= samples;
    call.taken?.();
  }

  /** Abort a call; harmless when it has ended. */
  close(stream: number): void {
    const call = this.#calls.get(stream);
    if (!call) return;
    this.#calls.delete(stream);
    call.controller.abort(new Error("closed by the hub"));
    call.frames?.end();
    call.taken?.();
  }

  closeAll(): void {
    for (const stream of [...this.#calls.keys()]) this.close(stream);
  }

  #run(stream: number, call: HostCall, work: (signal: AbortSignal) => Promise<void>): void {
    this.#calls.set(stream, call);
    const { signal } = call.controller;
    work(signal).then(
      () => {
        if (!signal.aborted) this.#send({ kind: "done", stream });
        this.#calls.delete(stream);
      },
      (error: unknown) => {
        if (!signal.aborted) this.#send({ kind: "error", stream, ...faultOf(error) });
        this.#calls.delete(stream);
      },
    );
  }

  /** The utterance's frames, handed out in slices, with credit given back as the engine takes them. */
  async *#inSlices(stream: number, frames: BoundedQueue<PcmFrame>): AsyncGenerator<PcmFrame> {
    for await (const frame of frames) {
      if (this.#slices.due) await this.#slices.next();
      yield frame;
      this.#send({ kind: "consumed", stream, amount: 1 });
    }
  }

  async #room(call: HostCall, signal: AbortSignal): Promise<void> {
    while (call.unconsumed >= WINDOW_SAMPLES && !signal.aborted) {
      await new Promise<void>((resolve) => {
        call.taken = resolve;
      });
      call.taken = undefined;
    }
    signal.throwIfAborted();
  }
}

function missing(name: string): EngineError {
  return new EngineError(name, "unavailable", "not loaded in this engine host");
}
