import type { Clock } from "#ports/clock.ts";
import type { HostConfiguration, HostEngines, HubMessage } from "#protocol/engine-host.ts";
import { isHubMessage, readMessage } from "#protocol/engine-host-codec.ts";
import { LengthPrefixDecoder, ProtocolError } from "#protocol/length-prefix.ts";
import type { Engines, LoadEngines } from "./engines.ts";
import { HostCalls } from "./host-calls.ts";
import { HostEars } from "./host-ears.ts";
import { Outbox } from "./outbox.ts";
import { Slices } from "./slices.ts";

/** What the host's loop works with. */
export interface EngineHostDeps {
  /** What the hub sends; the host ends when it ends. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Where answers go: bytes of the protocol and nothing else. Never called twice at once. */
  readonly output: (bytes: Uint8Array) => void;
  readonly loadEngines: LoadEngines;
  /** Only `now` is used: to share the thread. */
  readonly clock: Clock;
  /** The process's resident memory, in bytes. */
  readonly rssBytes: () => number;
}

interface Loaded {
  readonly engines: Engines;
  readonly ears: HostEars;
  readonly calls: HostCalls;
}

/**
 * Serve native speech engines to the hub until `input` ends.
 *
 * Everything runs on one thread: messages are read in order, ears are served in turn, and the event loop runs at
 * least every few milliseconds unless a single native call takes longer. Engines are ended before this resolves.
 *
 * @throws {ProtocolError} when the hub sends what is no message.
 * @throws what an engine threw while it listened for an ear: the process is then to end, and the hub starts a new one.
 */
export async function runEngineHost(deps: EngineHostDeps): Promise<void> {
  const outbox = new Outbox(deps.output);
  const slices = new Slices(deps.clock);
  const decoder = new LengthPrefixDecoder();
  const reader = new EndableReader(deps.input);
  let loaded: Loaded | undefined;
  let configured = false;
  let ended = false;

  const load = async (configuration: HostConfiguration) => {
    const engines = await deps.loadEngines(configuration);
    if (ended) {
      await engines[Symbol.asyncDispose]();
      return;
    }
    const send = outbox.send.bind(outbox);
    loaded = {
      engines,
      ears: new HostEars(engines, send, slices, (error) => reader.fail(error)),
      calls: new HostCalls(engines, send, slices),
    };
    outbox.send({ kind: "ready", stream: 0, engines: await describe(engines) });
  };

  const receive = (kind: number, stream: number, payload: Uint8Array) => {
    const message = readMessage(kind, stream, payload);
    if (!isHubMessage(message)) throw new ProtocolError(`${message.kind} came from the hub`);
    if (message.kind === "ping") {
      outbox.send({ kind: "pong", stream, id: message.id, rssBytes: deps.rssBytes() });
    } else if (message.kind === "configure") {
      if (configured) throw new ProtocolError("configured twice");
      configured = true;
      load(message.configuration).catch((error: unknown) => reader.fail(error));
    } else if (loaded) {
      perform(loaded, message);
    } else {
      throw new ProtocolError(`${message.kind} before ready`);
    }
  };

  try {
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      decoder.push(chunk, receive);
    }
  } finally {
    ended = true;
    reader.stop();
    loaded?.ears.closeAll();
    loaded?.calls.closeAll();
    outbox.flush();
    await loaded?.engines[Symbol.asyncDispose]();
  }
}

/**
 * Reads a stream that may have to be given up from outside.
 *
 * `Promise.race` against one long-lived promise would do, and would keep a reaction on it for every chunk.
 */
class EndableReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #reject: ((error: unknown) => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#chunks = input[Symbol.asyncIterator]();
  }

  /** The next chunk, undefined at the end. Rejects as soon as `fail` was called. */
  next(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure.error);
        return;
      }
      this.#reject = reject;
      this.#chunks.next().then((step) => resolve(step.done ? undefined : step.value), reject);
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reject?.(error);
  }

  /** Give the source up. Not awaited: a pipe that is being read answers only when something comes. */
  stop(): void {
    void Promise.resolve(this.#chunks.return?.()).catch(() => undefined);
  }
}

function perform(
  { ears, calls }: Loaded,
  message: Exclude<HubMessage, { kind: "ping" | "configure" }>,
): void {
  const { stream } = message;
  switch (message.kind) {
    case "open-ear":
      ears.open(stream, message.phrases);
      break;
    case "set-phrases":
      ears.setPhrases(stream, message.phrases);
      break;
    case "ear-frame":
      ears.push(stream, message.pcm, message.firstSample);
      break;
    case "set-vocabulary":
      ears.setVocabulary(stream, message.vocabulary);
      break;
    case "open-utterance":
      ears.openUtterance(stream, message.ear, message.fromSample, message.language);
      break;
    case "open-stt":
      calls.transcribe(stream, message.engine, message.language);
      break;
    case "stt-frame":
      calls.push(stream, message.pcm);
      break;
    case "finish-stt":
      ears.finish(stream);
      calls.finish(stream);
      break;
    case "speak":
      calls.speak(stream, message.text, message.engine, message.voice);
      break;
    case "consumed":
      calls.consumed(stream, message.amount);
      break;
    case "close":
      ears.close(stream);
      calls.close(stream);
      break;
  }
}

async function describe(engines: Engines): Promise<HostEngines> {
  const wake = engines.hearing ?? engines.wakeWord;
  const voices = await Promise.all(
    engines.textToSpeech.map(async (tts) => {
      return (await tts.voices()).map(({ id, language, name }) => ({ engine: tts.name, id, language, name }));
    }),
  );
  return {
    ...(engines.voiceActivity ? { vad: engines.voiceActivity.name } : {}),
    ...(wake ? { wake: wake.name } : {}),
    utterances: engines.hearing !== undefined,
    stt: engines.speechToText.map(({ name }) => name),
    tts: engines.textToSpeech.map(({ name }) => name),
    voices: voices.flat(),
    problems: [...engines.problems],
  };
}
