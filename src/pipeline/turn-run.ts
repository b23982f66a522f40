import { SURE_LLR } from "#core/command-likelihood.ts";
import { Cancelled, EngineError } from "#core/faults.ts";
import { msOf } from "#core/pcm.ts";
import type { FrameRing } from "#core/ring.ts";
import type { TurnEnd, TurnSource } from "#core/turn-state.ts";
import { apology, type Failure } from "#pipeline/failures.ts";
import { type HeardWake, Listening } from "#pipeline/listen.ts";
import type { SessionDeps, SessionSettings } from "#pipeline/session-deps.ts";
import { soundTone } from "#pipeline/sound-tone.ts";
import { Turn, type TurnDeps } from "#pipeline/turn.ts";
import type { Ear } from "#ports/hearing.ts";
import type { Satellite } from "#ports/satellite.ts";
import type { HeardCommand } from "#ports/speech-to-text.ts";

// Audio that stops coming in the middle of an utterance is waited for this long beyond the utterance's own caps.
const STARVED_MS = 3000;
// A recogniser has this long for the last words once it has all the audio.
const TRANSCRIBE_MS = 10_000;
// An apology that cannot be spoken within this time becomes a tone.
const APOLOGY_MS = 8000;

/** What the running of a turn needs of its session. */
export interface TurnRunDeps {
  readonly session: SessionDeps;
  readonly settings: SessionSettings;
  readonly satellite: Satellite;
  readonly ring: FrameRing;
  readonly ear: Ear;
  readonly publish: SessionDeps["publish"];
  /** Listening begins; the ear needs audio from `firstSample` on. */
  listening(firstSample: number): void;
  utteranceEnd(): void;
  noSpeech(): void;
}

/** How a turn ended, and whether its reply expects an answer. */
export interface Outcome {
  readonly reason: TurnEnd;
  readonly asks: boolean;
}

/** A turn with everything it needs, not yet doing anything. */
export function createTurn(
  deps: TurnRunDeps,
  id: string,
  source: TurnSource,
  session: Pick<TurnDeps, "effect" | "speaking">,
): Turn {
  const { clock, core, tts, ownVoice } = deps.session;
  const { room, voice, deadlineMs } = deps.settings;
  const { satellite, publish } = deps;
  return new Turn(id, source, {
    clock,
    core,
    tts,
    ownVoice,
    satellite,
    room,
    voice,
    deadlineMs,
    publish,
    ...session,
  });
}

/** Listen to an utterance and answer it. */
export async function listenAndAnswer(
  deps: TurnRunDeps,
  turn: Turn,
  wake: HeardWake | undefined,
): Promise<Outcome> {
  const { settings, publish, session } = deps;
  const followUp = turn.source === "follow-up";
  const noSpeechMs = followUp ? settings.followUpMs : settings.noSpeechMs;
  turn.expect(noSpeechMs + settings.maxUtteranceMs + STARVED_MS);
  publish({ type: "stt_start", mode: turn.source === "button" ? "push_to_talk" : "continuous" });
  const begunBySpeech = turn.source === "always";
  if (begunBySpeech) {
    turn.mark("wait");
    publish({ type: "speech_start" });
  } else if (!followUp) soundTone(deps.satellite, "ack");
  const startedAt = session.clock.now();
  turn.listening = new Listening(
    { ring: deps.ring, ear: deps.ear, stt: session.stt },
    {
      silenceMs: settings.silenceMs,
      noSpeechMs,
      maxUtteranceMs: settings.maxUtteranceMs,
      preRollMs: followUp ? 0 : settings.preRollMs,
      wake,
      begunBySpeech,
      signal: turn.signal,
      language: settings.language,
      onBegin: (firstSample) => deps.listening(firstSample),
      onInterim: (text, confidence) => publish({ type: "stt_interim", text, confidence }),
      onDecision: (decision) => {
        const agoMs = (sample: number) => msOf(deps.ring.nextSample - sample);
        if (decision.kind === "speech-started") {
          turn.mark("wait", agoMs(decision.sample));
          publish({ type: "speech_start" });
        } else if (decision.kind === "utterance-end") {
          turn.mark("speak", agoMs(decision.speechEndSample));
          publish({ type: "speech_end", duration_ms: turn.trace.report().segments.at(-1)?.ms ?? 0 });
          turn.mark("endpoint");
          turn.expect(TRANSCRIBE_MS);
          deps.utteranceEnd();
        } else if (decision.kind === "no-speech") {
          turn.mark("wait");
          deps.noSpeech();
        }
      },
    },
  );
  const heard = await turn.listening.utterance;
  turn.mark("transcribe");
  publish({
    type: "stt_result",
    text: heard.text,
    confidence: heard.confidence,
    duration_ms: session.clock.now() - startedAt,
    language: heard.language ?? null,
  });
  // A short word may be lost from the open transcript and still be the surest of commands.
  const text = heard.text || (heard.command && heard.command.llr > SURE_LLR ? heard.command.text : "");
  if (text !== "") return await answerText(turn, text, heard.command);
  // Nobody asked for these: a satellite that listens by itself does not complain about noise.
  if (!followUp && turn.source !== "always") await apologise(deps, turn, "not-understood");
  return { reason: "not-understood", asks: false };
}

/** Whether the satellite is listened to without a wake after this. */
export function listensOn({ followUp }: SessionSettings, turn: Turn, { reason, asks }: Outcome): boolean {
  if (reason !== "answered" || turn.source === "announcement") return false;
  return followUp === "always" || (followUp === "asked" && asks);
}

/** Answer text that was typed or has been heard. */
export async function answerText(turn: Turn, text: string, command?: HeardCommand): Promise<Outcome> {
  const result = await turn.answer(text, command);
  return { reason: result.stopped ? "stopped" : "answered", asks: result.asks };
}

/** Say something nobody asked for just now. */
export async function announce(deps: TurnRunDeps, turn: Turn, text: string): Promise<Outcome> {
  turn.expect(deps.settings.deadlineMs);
  soundTone(deps.satellite, "timer");
  await turn.speak(once(text));
  return { reason: "answered", asks: false };
}

/**
 * A turn broke: say so, in words if a voice works, else with a tone.
 *
 * Never throws. The turn may be cancelled from outside meanwhile; then nothing more is heard of it.
 */
export async function recover(deps: TurnRunDeps, turn: Turn, error: unknown): Promise<Outcome> {
  const { log } = deps.session;
  const late = error instanceof Cancelled && error.by === "deadline";
  const hearing = turn.listening !== undefined && !turn.trace.has("transcribe");
  if (error instanceof EngineError) {
    log.warn("an engine failed a turn", { turn: turn.id, engine: error.engine, fault: error.fault });
    if (hearing) deps.publish({ type: "stt_error", error: error.message });
  } else if (!(error instanceof Cancelled)) {
    log.error("a bug failed a turn", { turn: turn.id, error: nameOf(error) });
    deps.publish({ type: "system_error", level: "error", message: `A turn failed: ${nameOf(error)}` });
  }
  if (!deps.satellite.isConnected()) return { reason: "disconnected", asks: false };
  await apologise(deps, turn, late ? "too-slow" : hearing ? "hearing" : "no-answer");
  return { reason: late ? "deadline" : "failed", asks: false };
}

async function apologise(deps: TurnRunDeps, turn: Turn, failure: Failure): Promise<void> {
  turn.renew();
  turn.expect(APOLOGY_MS);
  try {
    await turn.speak(once(apology(failure)));
  } catch (error) {
    if (turn.over) return;
    deps.session.log.warn("the apology failed too", { turn: turn.id, error: nameOf(error) });
    soundTone(deps.satellite, "error");
  }
}

// biome-ignore lint/suspicious/useAwait: an AsyncIterable of one is what `speak` takes
async function* once(text: string): AsyncGenerator<string, void, undefined> {
  yield text;
}

/** What kind of error it was; never its message, which might quote what was said. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
