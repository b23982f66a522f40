import type { EventDraft } from "#events/hub-event.ts";
import type { BestRoom } from "#pipeline/best-room.ts";
import type { OwnVoice } from "#pipeline/own-voice.ts";
import type { Clock } from "#ports/clock.ts";
import type { Core } from "#ports/core.ts";
import type { Hearing } from "#ports/hearing.ts";
import type { Log } from "#ports/log.ts";
import type { NewId } from "#ports/new-id.ts";
import type { SpeechToText } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import type { WakePhrase } from "#ports/wake-word.ts";

/** What may wake a satellite. */
type WakeMode = "hub" | "on-device" | "button" | "always";

/** How one satellite behaves; durations in ms. */
export interface SessionSettings {
  readonly room: string | undefined;
  readonly wake: readonly WakeMode[];
  readonly phrases: readonly WakePhrase[];
  readonly silenceMs: number;
  readonly noSpeechMs: number;
  readonly maxUtteranceMs: number;
  readonly preRollMs: number;
  readonly deadlineMs: number;
  readonly followUp: "asked" | "always" | "never";
  readonly followUpMs: number;
  readonly language: string;
  readonly voice: string | undefined;
  /** 0..1, sent on connect when defined. */
  readonly volume: number | undefined;
}

/** What a session needs from the hub. */
export interface SessionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: NewId;
  readonly hearing: Hearing;
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  readonly core: Core;
  readonly ownVoice: OwnVoice;
  readonly bestRoom: BestRoom;
  publish(draft: EventDraft): void;
}
