import { NoiseFloor } from "#core/noise-floor.ts";
import { FRAME_SAMPLES, levelDb, msOf, samplesOf } from "#core/pcm.ts";
import type { FrameRing } from "#core/ring.ts";
import type { TurnState } from "#core/turn-state.ts";
import type { SessionDeps, SessionSettings } from "#pipeline/session-deps.ts";
import { WakeMeter } from "#pipeline/wake-meter.ts";
import type { Ear, EarListener, VoiceScore } from "#ports/hearing.ts";
import type { WakeScore } from "#ports/hearing-engine.ts";
import type { WakeDetection } from "#ports/wake-word.ts";
import type { SatelliteHello } from "#protocol/satellite.ts";

/** What the gate lets through. */
export interface GateActions {
  wake(detection: WakeDetection): void;
  /** Somebody began to speak to a satellite that listens always. */
  always(): void;
  /** Somebody speaks over the reply. */
  bargeIn(): void;
  /** A voice score for the running utterance. */
  endpoint(score: number, endSample: number): void;
}

const SPEECH = 0.5;
// What must be heard before speech alone starts or interrupts anything: a word, not a click. "Stop", said by two
// synthetic voices at seven offsets against the detector's windows, scores as speech for 160 to 380 ms.
const ONSET_MS = 150;

/** What the gate needs of the hub and of its session. */
export interface WakeGateDeps
  extends Pick<SessionDeps, "clock" | "ownVoice" | "bestRoom" | "log" | "publish"> {
  readonly satelliteId: string;
  readonly ring: FrameRing;
  /** Aborts when the satellite is gone. */
  readonly signal: AbortSignal;
}

/**
 * Decides what the ear's reports mean in the session's present state.
 *
 * It refuses wakes that may be the hub's own voice, leaves those to others that a better room heard, starts `always` sessions at the onset of speech, and lets
 * speech interrupt a reply only on satellites that cancel their echo.
 */
export class WakeGate implements EarListener {
  readonly #deps: WakeGateDeps;
  readonly #settings: SessionSettings;
  readonly #actions: GateActions;
  #state: TurnState = { kind: "idle" };
  #hello: SatelliteHello | undefined;
  #onsetSample: number | undefined;
  readonly #floor = new NoiseFloor();
  readonly #meter: WakeMeter;
  #lastTurnAt = Number.NEGATIVE_INFINITY;
  /** Next sample the ear has not been given. */
  #nextSample = 0;

  constructor(deps: WakeGateDeps, settings: SessionSettings, actions: GateActions) {
    this.#deps = deps;
    this.#meter = new WakeMeter(deps.clock, deps.publish);
    this.#settings = settings;
    this.#actions = actions;
  }

  /** The session's present state; told on every change. */
  enter(state: TurnState, hello: SatelliteHello): void {
    if (this.#state.kind !== "idle" && state.kind === "idle") this.#lastTurnAt = this.#deps.clock.now();
    this.#state = state;
    this.#hello = hello;
    this.#onsetSample = undefined;
  }

  /**
   * Give the ear everything the ring holds that it has not had and now needs.
   *
   * With a hub wake that is every frame. Otherwise the ear works only while somebody may be speaking, and is given
   * what the ring still holds from `fromSample` on when it starts.
   */
  feed(ear: Ear, fromSample: number): void {
    if (!this.#wanted()) return;
    const start = Math.max(this.#nextSample, fromSample);
    const { firstSample, frames } = this.#deps.ring.framesFrom(start);
    let at = firstSample;
    for (const frame of frames) {
      this.#floor.push(levelDb(frame));
      ear.push(frame, at);
      at += frame.length;
    }
    this.#nextSample = at;
  }

  onVoice({ score, endSample }: VoiceScore): void {
    if (this.#state.kind === "listening") this.#actions.endpoint(score, endSample);
    else if (this.#startsBySpeech() || this.#interruptsBySpeech()) this.#onset(score, endSample);
  }

  onWakeScore(score: WakeScore): void {
    this.#meter.take(score);
  }

  onWake(detection: WakeDetection): void {
    if (this.#deps.ownVoice.spoke(detection.phrase)) {
      this.#deps.log.info("wake refused: the hub was speaking the phrase itself");
      return;
    }
    const { bestRoom, clock, satelliteId, signal } = this.#deps;
    const claim = {
      satelliteId,
      phrase: detection.phrase,
      score: detection.score,
      aboveFloorDb: this.#aboveFloorDb(detection),
      sinceLastTurnMs: clock.now() - this.#lastTurnAt,
    };
    bestRoom.claim(claim, signal, () => this.#actions.wake(detection));
  }

  /** How far the phrase stood above the room's own noise, by the loudest of its frames still in the ring. */
  #aboveFloorDb({ startSample, endSample }: WakeDetection): number {
    const { frames } = this.#deps.ring.framesFrom(startSample);
    const spoken = frames.slice(0, Math.max(1, Math.ceil((endSample - startSample) / FRAME_SAMPLES)));
    const loudestDb = Math.max(-100, ...spoken.map(levelDb));
    return loudestDb - this.#floor.levelDb;
  }

  #wanted(): boolean {
    return (
      this.#settings.wake.includes("hub") ||
      this.#state.kind === "listening" ||
      this.#startsBySpeech() ||
      this.#interruptsBySpeech()
    );
  }

  #startsBySpeech(): boolean {
    return this.#state.kind === "idle" && this.#settings.wake.includes("always");
  }

  #interruptsBySpeech(): boolean {
    return this.#state.kind === "speaking" && this.#hello?.capabilities.includes("aec") === true;
  }

  #onset(score: number, endSample: number): void {
    if (score < SPEECH) {
      this.#onsetSample = undefined;
      return;
    }
    this.#onsetSample ??= endSample - samplesOf(32);
    if (msOf(endSample - this.#onsetSample) < ONSET_MS) return;
    this.#onsetSample = undefined;
    if (this.#startsBySpeech()) this.#actions.always();
    else this.#actions.bargeIn();
  }
}
