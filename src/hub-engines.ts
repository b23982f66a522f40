import { EngineHost, type HostState } from "#adapters/engine-host/engine-host.ts";
import { hostHearing } from "#adapters/engine-host/hearing.ts";
import { hostProcess } from "#adapters/engine-host/host-process.ts";
import { hostSpeechToText } from "#adapters/engine-host/speech-to-text.ts";
import { hostTextToSpeech } from "#adapters/engine-host/text-to-speech.ts";
import { type ModelStatus, readyModel } from "#adapters/models/resolve.ts";
import type { Config } from "#config/schema.ts";
import type { CommandVocabulary } from "#core/transducer/token-grammar.ts";
import { chainSpeechToText, chainTextToSpeech, type OnFailover } from "#pipeline/engine-chain.ts";
import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Hearing } from "#ports/hearing.ts";
import type { Log } from "#ports/log.ts";
import type { SpeechToText } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import type { HostConfiguration } from "#protocol/engine-host.ts";
import type { ProviderHealth } from "#web/health.ts";

/** What the engines need from whoever starts the hub. */
export interface EngineDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly bus: EventBus;
  /** The command that runs this executable's engine host. */
  readonly engineHostCommand: readonly string[];
  readonly models: readonly ModelStatus[];
  /** Where native libraries are unpacked; absolute. */
  readonly cacheDir: string;
  /** Where installed voices lie; absolute. */
  readonly voicesDir: string;
  /** Every command: as JSGF for PocketSphinx (made only where it is used), and for Hearth's own hearing. */
  commandGrammar(): string;
  readonly vocabulary: CommandVocabulary;
}

/** Hearing and speech, with the processes behind them. */
export interface HubEngines extends AsyncDisposable {
  readonly hearing: Hearing;
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  /** How the two are, as `/health` tells it. */
  health(): { readonly stt: ProviderHealth; readonly tts: ProviderHealth };
  /** What is wrong besides, one sentence each: models that are not what they should be. Names no path. */
  readonly problems: readonly string[];
  /** Resolves when both hosts have loaded, or have given up. */
  readonly settled: Promise<void>;
}

/** Start the hosts and put the engines behind the ports, in the order the configuration prefers. */
export function startEngines(deps: EngineDeps): HubEngines {
  const { log, bus } = deps;
  const configurations = hostConfigurations(deps);
  const stack = new AsyncDisposableStack();
  const hearing = startHost(deps, configurations.hearing);
  const speech = startHost(deps, configurations.speech);
  for (const running of [hearing, speech]) if (running) stack.use(running.host);
  const refused = deps.models.filter((model) => model.kind === "refused");
  for (const { entry, reason } of refused) {
    log.error("a model is refused", { model: entry.id, reason });
    const role = entry.roles.includes("tts") ? "speech" : "hearing";
    bus.publish({ type: "provider_state", role, engine: entry.id, state: "unavailable", detail: reason });
  }

  const onFailover: OnFailover = ({ role, engine, error, next }) => {
    log.warn("an engine failed", { role, engine, fault: error.fault, next: next ?? "none" });
    bus.publish({
      type: "provider_state",
      role,
      engine,
      state: "unavailable",
      detail: next === undefined ? `${error.fault}; nothing stands in` : `${error.fault}; ${next} stands in`,
    });
  };
  const stt = hearing ? configurations.hearing.stt.map((name) => hostSpeechToText(hearing.host, name)) : [];
  const tts = speech ? configurations.speech.tts.map((name) => hostTextToSpeech(speech.host, name)) : [];
  const ears = hearing ? hostHearing(hearing.host, log) : DEAF;
  ears.setVocabulary?.(deps.vocabulary);
  return {
    hearing: ears,
    stt: chainSpeechToText(stt, onFailover),
    tts: chainTextToSpeech(tts, onFailover),
    health: () => ({
      stt: health("stt", hearing?.host, (loaded) => loaded.stt),
      tts: health("tts", speech?.host, (loaded) => loaded.tts),
    }),
    problems: refused.map(
      ({ entry: { id } }) =>
        `The model ${id} is not used: a file of it is not the one it should be. Run "hearth models pull ${id}" to fetch it again.`,
    ),
    settled: Promise.all([hearing?.settled, speech?.settled]).then(() => undefined),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Hearing where none is configured: satellites wake by themselves or by their button, and are typed to. */
const DEAF: Hearing = {
  name: "none",
  open: () => ({ push: () => undefined, setPhrases: () => undefined, droppedFrames: 0 }),
};

interface RunningHost {
  readonly host: EngineHost;
  /** Resolves when it has loaded for the first time, or has failed to. */
  readonly settled: Promise<void>;
}

/** Start the host of one role; undefined when its configuration asks for no engine at all. */
function startHost(deps: EngineDeps, configuration: HostConfiguration): RunningHost | undefined {
  const { role, vad, wake, stt, tts } = configuration;
  if (vad === "none" && wake === "none" && stt.length === 0 && tts.length === 0) return undefined;
  const { memory_limit_mb, idle_minutes } = deps.config.engines.host;
  const settled = Promise.withResolvers<void>();
  const host = EngineHost.start({
    configuration,
    spawn: hostProcess(deps.engineHostCommand),
    clock: deps.clock,
    log: deps.log,
    limits: {
      maxRssBytes: memory_limit_mb * 1024 * 1024,
      idleStopMs: role === "speech" ? idle_minutes * 60_000 : undefined,
    },
    onState: (state) => {
      if (state.kind !== "starting") settled.resolve();
      deps.bus.publish({ type: "provider_state", role, engine: "engine host", ...providerState(state) });
    },
  });
  return { host, settled: settled.promise };
}

/** What each host is asked to load: only what is configured and installed. */
function hostConfigurations({ config, models, cacheDir, voicesDir, commandGrammar }: EngineDeps): {
  readonly hearing: HostConfiguration;
  readonly speech: HostConfiguration;
} {
  const { engines, assistant } = config;
  const wakeModel = readyModel(models, "wake", assistant.language);
  const sttModel = readyModel(models, "stt", assistant.language);
  const wake = engines.hearing === "auto" ? (wakeModel ? "hearth" : "pocketsphinx") : engines.hearing;
  // Hearth's own engine reads speech with the model it hears wake phrases with; sherpa earns its memory only with
  // another one.
  const own = wakeModel !== undefined && engines.stt.includes("hearth");
  const loads = {
    hearth: wakeModel !== undefined,
    sherpa: sttModel !== undefined && !(own && sttModel.folder === wakeModel.folder),
    // It understands the built-in commands and nothing else: a last resort, not worth its memory beside a model.
    pocketsphinx: sttModel === undefined && wakeModel === undefined,
  };
  const stt = engines.stt.filter((name) => loads[name]);
  return {
    hearing: {
      role: "hearing",
      cacheDir,
      models: { wake: { ...wakeModel?.files }, stt: { ...sttModel?.files } },
      vad: wake === "none" && engines.stt.length === 0 ? "none" : "silero",
      wake,
      stt,
      tts: [],
      ...(stt.includes("pocketsphinx") ? { grammar: commandGrammar() } : {}),
    },
    speech: {
      role: "speech",
      cacheDir,
      models: { tts: { voices: voicesDir } },
      vad: "none",
      wake: "none",
      stt: [],
      tts: engines.tts.filter((name) => name !== "sherpa" || readyModel(models, "tts") !== undefined),
    },
  };
}

function providerState(state: HostState): {
  readonly state: "ready" | "starting" | "restarting" | "unavailable";
  readonly detail: string | null;
} {
  switch (state.kind) {
    case "starting":
      return { state: "starting", detail: null };
    case "ready":
      return { state: "ready", detail: state.engines.problems.join(" ") || null };
    case "restarting":
      return { state: "restarting", detail: state.reason };
    case "unavailable":
      return { state: "unavailable", detail: state.reason };
    case "idle":
      return { state: "ready", detail: "unloaded while nobody needs it" };
    case "stopped":
      return { state: "unavailable", detail: "stopped" };
    default:
      return state satisfies never;
  }
}

function health(
  role: "stt" | "tts",
  host: EngineHost | undefined,
  loaded: (engines: NonNullable<EngineHost["engines"]>) => readonly string[],
): ProviderHealth {
  if (!host) return { provider: "none", status: "ok" };
  const names = host.engines ? loaded(host.engines) : [];
  const provider = names[0] ?? "none";
  const { state } = host;
  if (state.kind === "restarting" || state.kind === "unavailable") {
    return { provider, status: "unavailable", detail: `The ${role} engine is restarting: ${state.reason}.` };
  }
  if (host.engines && names.length === 0) {
    const why = host.engines.problems.join(" ") || "None is installed.";
    return { provider, status: "unavailable", detail: `There is no ${role} engine. ${why}` };
  }
  return { provider, status: "ok" };
}
