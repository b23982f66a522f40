import type { Engines, LoadEngines } from "#adapters/engine-host/engines.ts";
import { faultOf } from "#adapters/engine-host/fault-of.ts";
import { hearingSpeech } from "#adapters/transducer/hearing-speech.ts";
import { EngineError } from "#core/faults.ts";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import type { SpeechToText } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import type { VoiceActivity } from "#ports/voice-activity.ts";
import type { WakeWord } from "#ports/wake-word.ts";
import type { HostConfiguration } from "#protocol/engine-host.ts";

/**
 * Load the engines a configuration names, one after the other, each only when it is asked for.
 *
 * Every engine bears the name the configuration has for it, by which the hub calls it.
 */
export const loadEngines: LoadEngines = async (configuration) => {
  const problems: string[] = [];
  const attempt = async <T>(name: string, load: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await load();
    } catch (error) {
      problems.push(`${name}: ${faultOf(error).detail}.`);
      return undefined;
    }
  };

  const voiceActivity =
    configuration.vad === "none" ? undefined : await attempt("silero", () => vad(configuration));
  const { wake } = configuration;
  // One engine for wake and speech alike, loaded once.
  const wantsHearing = wake === "hearth" || configuration.stt.includes("hearth");
  const hearing = wantsHearing ? await attempt("hearth", () => hearingEngine(configuration)) : undefined;
  const wakeWord =
    wake === "none" || wake === "hearth"
      ? undefined
      : await attempt(wake, () => wakeWordOf(wake, configuration));
  const speechToText: SpeechToText[] = [];
  for (const name of configuration.stt) {
    if (name === "hearth") {
      if (hearing) speechToText.push(hearingSpeech(hearing));
      continue;
    }
    const engine = await attempt(name, () => recogniser(name, configuration));
    if (engine)
      speechToText.push({ name, transcribe: (frames, options) => engine.transcribe(frames, options) });
  }
  const textToSpeech: TextToSpeech[] = [];
  for (const name of configuration.tts) {
    const engine = await attempt(name, () => voice(name, configuration));
    if (!engine) continue;
    textToSpeech.push({
      name,
      speak: (text, options) => engine.speak(text, options),
      voices: () => engine.voices(),
    });
  }
  return {
    voiceActivity,
    wakeWord,
    hearing: wake === "hearth" ? hearing : undefined,
    speechToText,
    textToSpeech,
    problems,
    [Symbol.asyncDispose]() {
      voiceActivity?.[Symbol.dispose]();
      wakeWord?.[Symbol.dispose]();
      hearing?.[Symbol.dispose]();
      return Promise.resolve();
    },
  } satisfies Engines;
};

async function vad({ cacheDir }: HostConfiguration): Promise<VoiceActivity> {
  const { sileroVad } = await import("#adapters/vad/silero.ts");
  return sileroVad({ cacheDir });
}

async function hearingEngine({ cacheDir, models }: HostConfiguration): Promise<HearingEngine> {
  const { transducerHearing } = await import("#adapters/transducer/hearing-engine.ts");
  const paths = models.wake ?? models.stt;
  const files = transducer("hearth", paths);
  return transducerHearing({ files, unigramScores: path("hearth", paths, "unigramScores"), cacheDir });
}

async function wakeWordOf(
  name: "sherpa" | "pocketsphinx",
  configuration: HostConfiguration,
): Promise<WakeWord> {
  const { cacheDir, models } = configuration;
  if (name === "pocketsphinx") {
    const { pocketsphinxKeyphrases } = await import("#adapters/wake/pocketsphinx.ts");
    return pocketsphinxKeyphrases();
  }
  const { sherpaKeywords } = await import("#adapters/wake/sherpa-keywords.ts");
  const files = transducer(name, models.wake);
  return sherpaKeywords({ files, unigramScores: path(name, models.wake, "unigramScores"), cacheDir });
}

async function recogniser(
  name: Exclude<HostConfiguration["stt"][number], "hearth">,
  { cacheDir, models, grammar }: HostConfiguration,
): Promise<SpeechToText> {
  if (name === "pocketsphinx") {
    if (grammar === undefined)
      throw new EngineError(name, "unavailable", "it was given no commands to listen for");
    const { pocketsphinxCommands } = await import("#adapters/stt/pocketsphinx.ts");
    return pocketsphinxCommands({ jsgf: grammar });
  }
  const { sherpaStreaming } = await import("#adapters/stt/sherpa-streaming.ts");
  return sherpaStreaming({ files: transducer(name, models.stt), cacheDir });
}

async function voice(
  name: HostConfiguration["tts"][number],
  { cacheDir, models }: HostConfiguration,
): Promise<TextToSpeech> {
  if (name === "espeak") {
    const { espeakNg } = await import("#adapters/tts/espeak-ng.ts");
    return espeakNg();
  }
  const { sherpaVoices } = await import("#adapters/tts/sherpa-voices.ts");
  const engine = await sherpaVoices({ voicesDir: path(name, models.tts, "voices"), cacheDir });
  if ((await engine.voices()).length === 0)
    throw new EngineError(name, "unavailable", "no voice is installed");
  return engine;
}

type Paths = Readonly<Record<string, string>> | undefined;

function transducer(engine: string, paths: Paths) {
  return {
    encoder: path(engine, paths, "encoder"),
    decoder: path(engine, paths, "decoder"),
    joiner: path(engine, paths, "joiner"),
    tokens: path(engine, paths, "tokens"),
  };
}

function path(engine: string, paths: Paths, key: string): string {
  const found = paths?.[key];
  if (found === undefined) throw new EngineError(engine, "unavailable", "its model is not installed");
  return found;
}
