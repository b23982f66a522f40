import type { HearingEngine } from "#ports/hearing-engine.ts";
import type { SpeechToText } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import type { VoiceActivity } from "#ports/voice-activity.ts";
import type { WakeWord } from "#ports/wake-word.ts";
import type { HostConfiguration } from "#protocol/engine-host.ts";

/** The engines loaded into one host process; whoever loaded them, the host ends them. */
export interface Engines extends AsyncDisposable {
  readonly voiceActivity: VoiceActivity | undefined;
  readonly wakeWord: WakeWord | undefined;
  /** Hears wake phrases and utterances in one; then `wakeWord` is not asked. */
  readonly hearing?: HearingEngine | undefined;
  /** In order of preference. */
  readonly speechToText: readonly SpeechToText[];
  readonly textToSpeech: readonly TextToSpeech[];
  /** Engines that were asked for and did not load: a sentence each, for the owner. */
  readonly problems: readonly string[];
}

/**
 * Load what a configuration asks for.
 *
 * An engine that does not load becomes a problem, not an error: a house without a wake word can still press a
 * button.
 */
export type LoadEngines = (configuration: HostConfiguration) => Promise<Engines>;
