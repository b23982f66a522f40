import { FRAME_SAMPLES } from "#core/pcm.ts";
import { BestRoom } from "#pipeline/best-room.ts";
import { OwnVoice } from "#pipeline/own-voice.ts";
import { Session } from "#pipeline/session.ts";
import type { SessionSettings } from "#pipeline/session-deps.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { FakeHearing } from "#testing/fake-hearing.ts";
import { FakeSatellite, type FakeSatelliteOptions } from "#testing/fake-satellite.ts";
import { FakeSpeechToText, hears, type SttScript } from "#testing/fake-speech-to-text.ts";
import { type FakeSpeechBehaviour, FakeTextToSpeech } from "#testing/fake-text-to-speech.ts";
import { RecordingBus } from "#testing/recording-bus.ts";
import { type CoreScript, ScriptedCore } from "#testing/scripted-core.ts";
import { silentLog } from "#testing/silent-log.ts";

const SETTINGS: SessionSettings = {
  room: "kitchen",
  wake: ["hub", "on-device", "button"],
  phrases: [{ text: "hey tars", sensitivity: 0.5 }],
  silenceMs: 700,
  noSpeechMs: 5000,
  maxUtteranceMs: 15_000,
  preRollMs: 500,
  deadlineMs: 30_000,
  followUp: "asked",
  followUpMs: 8000,
  language: "en",
  voice: undefined,
  volume: undefined,
};

/** What differs from the usual house. */
export interface HouseOptions {
  readonly settings?: Partial<SessionSettings>;
  readonly satellite?: FakeSatelliteOptions;
  readonly stt?: readonly SttScript[];
  readonly core?: (text: string) => CoreScript;
  readonly speech?: Partial<FakeSpeechBehaviour>;
  /** Whether the satellite's ear reads utterances itself. Default no. */
  readonly reads?: boolean;
}

/** A hub with one satellite, on a clock that the test moves. */
export function house(options: HouseOptions = {}) {
  const clock = new FakeClock();
  const bus = new RecordingBus();
  const hearing = new FakeHearing();
  hearing.reads = options.reads ?? false;
  const stt = new FakeSpeechToText(options.stt ?? [hears("what time is it")]);
  const tts = new FakeTextToSpeech({ clock, behaviour: options.speech ?? {} });
  const core = new ScriptedCore(options.core ?? (() => ({ kind: "reply", text: "Three." })));
  const satellite = new FakeSatellite(options.satellite);
  let ids = 0;
  const session = new Session(
    {
      clock,
      log: silentLog,
      newId: (prefix) => `${prefix}-${++ids}`,
      hearing,
      stt,
      tts,
      core,
      ownVoice: new OwnVoice(clock),
      bestRoom: new BestRoom(
        clock,
        () => 1,
        () => undefined,
      ),
      publish: (draft) => void bus.publish(draft),
    },
    satellite,
    { ...SETTINGS, ...options.settings },
  );
  satellite.listener = session;

  /** The microphone hears `ms` of something the voice detector scores so, in real time. */
  async function hear(ms: number, score: number): Promise<void> {
    for (let at = 0; at < ms; at += 20) {
      satellite.hear(new Int16Array(FRAME_SAMPLES));
      if (satellite.isConnected()) hearing.ears.at(-1)?.hearVoice(score);
      await clock.advance(20);
    }
  }

  /** Somebody says the wake phrase and a command, and then is silent until the hub decides. */
  async function ask(): Promise<void> {
    await hear(1000, 0.01);
    hearing.ear(satellite.id).hearWake();
    await hear(300, 0.01);
    await hear(1000, 0.9);
    await hear(800, 0.01);
  }

  const ends = () => bus.of("turn_end").map(({ reason }) => reason);
  const states = () => bus.of("turn_state").map(({ state }) => state);
  const tones = () =>
    satellite.commands.flatMap((command) => (command.command === "play_tone" ? [command.tone] : []));
  return { clock, bus, hearing, stt, tts, core, satellite, session, hear, ask, ends, states, tones };
}
