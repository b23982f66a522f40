import { BoundedQueue } from "#core/bounded-queue.ts";
import { EngineError } from "#core/faults.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import { type HostEngines, WINDOW_SAMPLES } from "#protocol/engine-host.ts";
import type { EngineHost } from "./engine-host.ts";

/** The voice engine `engine` of an engine host, or all of them, where the voice decides and else the first speaks. */
export function hostTextToSpeech(host: EngineHost, engine?: string): TextToSpeech {
  const name = engine ?? "engine host";
  return {
    name,
    async *speak(text, { signal, voice }) {
      signal.throwIfAborted();
      if (text.trim() === "") return;
      const child = await host.ready(name, signal);
      // Every chunk holds a sample at least, so the window bounds the chunks as well.
      const chunks = new BoundedQueue<Int16Array>(WINDOW_SAMPLES + 1, "drop-newest");
      const stream = child.open("call", {
        receive(message) {
          if (message.kind === "audio") chunks.push(message.samples);
          else if (message.kind === "done") chunks.end();
          else if (message.kind === "error")
            chunks.fail(new EngineError(name, message.fault, message.detail));
        },
        lost(error) {
          chunks.fail(new EngineError(name, error.fault, error.message, { cause: error }));
        },
      });
      const onAbort = () => {
        stream.close();
        chunks.fail(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        signal.throwIfAborted();
        stream.send({ kind: "speak", stream: stream.id, text, ...choice(host.engines, engine, voice) });
        for await (const chunk of chunks) {
          signal.throwIfAborted();
          stream.send({ kind: "consumed", stream: stream.id, amount: chunk.length });
          yield chunk;
        }
        signal.throwIfAborted();
      } finally {
        signal.removeEventListener("abort", onAbort);
        stream.close();
      }
    },
    async voices() {
      if (!host.engines) await host.ready(name, new AbortController().signal);
      const voices = host.engines?.voices ?? [];
      return voices
        .filter((voice) => engine === undefined || voice.engine === engine)
        .map(({ id, language, name: called }) => ({ id, language, name: called }));
    },
  };
}

function choice(
  engines: HostEngines | undefined,
  engine: string | undefined,
  voice: string | undefined,
): { readonly engine?: string; readonly voice?: string } {
  const owner = engine ?? engines?.voices.find(({ id }) => id === voice)?.engine;
  return {
    ...(owner === undefined ? {} : { engine: owner }),
    ...(voice === undefined ? {} : { voice }),
  };
}
