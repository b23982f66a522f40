import { Cancelled, type CancelledBy } from "#core/faults.ts";
import { msOf, type PcmFrame } from "#core/pcm.ts";
import { FrameRing } from "#core/ring.ts";
import { step, type TurnEnd, type TurnInput, type TurnSource, type TurnState } from "#core/turn-state.ts";
import type { HeardWake } from "#pipeline/listen.ts";
import { actionOf } from "#pipeline/satellite-action.ts";
import type { SessionDeps, SessionSettings } from "#pipeline/session-deps.ts";
import { soundTone } from "#pipeline/sound-tone.ts";
import type { Turn } from "#pipeline/turn.ts";
import {
  announce,
  answerText,
  createTurn,
  listenAndAnswer,
  listensOn,
  type Outcome,
  recover,
  type TurnRunDeps,
} from "#pipeline/turn-run.ts";
import { Volume } from "#pipeline/volume.ts";
import { WakeGate } from "#pipeline/wake-gate.ts";
import type { Ear } from "#ports/hearing.ts";
import type { Satellite, SatelliteListener } from "#ports/satellite.ts";
import type { SatelliteEvent } from "#protocol/satellite.ts";

// Pre-roll, the longest wake phrase, and a detector that answers half a second late.
const RING_MS = 4000;
const MAX_ANNOUNCEMENTS = 8;
/** Who or what interrupted a reply, as the `barge_in` event names it. */
type Interrupter = "wake" | "button" | "stop" | "speech";

/**
 * One satellite's conversation: performs what `core/turn-state.ts` decides.
 *
 * Owns the ring, the ear and the running turn. A turn ends in exactly one of two ways, both of which publish
 * `turn_end`: by itself, through `reply-end`, or from outside, through a `cancel` command. Each turn watches its
 * own deadlines, so that none of its stages can leave the session stuck.
 */
export class Session implements SatelliteListener {
  readonly #deps: SessionDeps;
  readonly #satellite: Satellite;
  readonly #settings: SessionSettings;
  readonly #ring = new FrameRing(RING_MS);
  readonly #ended = new AbortController();
  readonly #gate: WakeGate;
  readonly #ear: Ear;
  readonly #run: TurnRunDeps;
  readonly #announcements: string[] = [];
  #state: TurnState = { kind: "idle" };
  #turn: Turn | undefined;
  #muted = false;
  readonly #volume: Volume;

  constructor(deps: SessionDeps, satellite: Satellite, settings: SessionSettings) {
    this.#deps = deps;
    this.#satellite = satellite;
    this.#settings = settings;
    this.#volume = new Volume(satellite, settings.volume);
    const here = { satelliteId: satellite.id, ring: this.#ring, signal: this.#ended.signal };
    this.#gate = new WakeGate({ ...deps, ...here, publish: this.#publish }, settings, {
      wake: (wake) => this.#wake("hub", wake.phrase, wake.score, wake),
      always: () => this.#wake("always", "", 1),
      bargeIn: () => this.#dispatch({ kind: "speech", turnId: deps.newId("turn") }, "speech"),
      endpoint: (score, endSample) => this.#turn?.listening?.voice(score, endSample),
    });
    this.#ear = deps.hearing.open({
      satelliteId: satellite.id,
      phrases: settings.wake.includes("hub") ? settings.phrases : [],
      listener: this.#gate,
      signal: this.#ended.signal,
    });
    this.#run = {
      session: deps,
      settings,
      satellite,
      ring: this.#ring,
      ear: this.#ear,
      publish: this.#publish,
      listening: (firstSample) => this.#gate.feed(this.#ear, firstSample),
      utteranceEnd: () => this.#dispatch({ kind: "utterance-end" }),
      noSpeech: () => this.#dispatch({ kind: "no-speech" }),
    };
    this.#gate.enter(this.#state, satellite.hello);
    this.#tell();
  }

  /** What the session is doing now. */
  get state(): TurnState {
    return this.#state;
  }

  frame(frame: PcmFrame): void {
    if (this.#muted) return;
    const firstSample = this.#ring.push(frame);
    this.#gate.feed(this.#ear, firstSample);
    if (this.#state.kind === "listening") this.#turn?.listening?.frame(frame, firstSample);
  }

  event(event: SatelliteEvent): void {
    this.#publish({ type: "satellite_event", source: event.source, action: event.action });
    const action = actionOf(event);
    if (action === "button") this.#button();
    else if (action === "stop") this.stop();
    else if (action === "wake" && this.#settings.wake.includes("on-device")) {
      this.#wake("on-device", event.phrase ?? "", event.score ?? 1);
    } else if (action === "mute" || action === "unmute") {
      this.#muted = action === "mute";
      if (this.#muted && this.#state.kind === "listening") this.stop();
    }
  }

  hello(): void {
    this.#gate.enter(this.#state, this.#satellite.hello);
  }

  playbackPosition(turn: string, samples: number): void {
    if (this.#turn?.id === turn) this.#turn.playback?.reported(samples);
  }

  playbackComplete(turn: string | undefined): void {
    if (turn === undefined || this.#turn?.id === turn) this.#turn?.playback?.completed();
  }

  text(text: string): void {
    this.#dispatch({ kind: "text", turnId: this.#deps.newId("turn") }, "button", { text });
  }

  /** Stop whatever is going on and fall silent. */
  stop(): void {
    this.#dispatch({ kind: "stop", reason: "stopped" });
  }

  /** Say something unasked, such as a timer that rings: at once when idle, else after the running turn. */
  announce(text: string): void {
    if (this.#announcements.length < MAX_ANNOUNCEMENTS) this.#announcements.push(text);
    this.#nextAnnouncement();
  }

  gone(): void {
    this.#close("disconnected", "disconnect");
  }

  shutdown(): void {
    this.#close("shutdown", "shutdown");
  }

  #close(reason: TurnEnd, by: CancelledBy): void {
    this.#announcements.length = 0;
    this.#dispatch({ kind: "stop", reason });
    this.#ended.abort(new Cancelled(by));
  }

  #wake(
    source: TurnSource & ("hub" | "on-device" | "always"),
    phrase: string,
    score: number,
    wake?: HeardWake,
  ): void {
    if (this.#muted || (this.#state.kind === "listening" && !this.#state.followUp)) return;
    const turnId = this.#deps.newId("turn");
    this.#publish({ type: "wake_detected", phrase, score, source, turn_id: turnId });
    this.#dispatch({ kind: "wake", turnId, source }, "wake", { wake });
  }

  #button(): void {
    if (this.#state.kind === "idle" && !this.#settings.wake.includes("button")) return;
    const turnId = this.#deps.newId("turn");
    if (this.#state.kind !== "listening") {
      this.#publish({ type: "wake_detected", phrase: "", score: 1, source: "button", turn_id: turnId });
    }
    this.#dispatch({ kind: "button", turnId }, "button");
  }

  /** Advance the state machine and perform what it asks, in order. */
  #dispatch(
    input: TurnInput,
    by: Interrupter = "stop",
    about: { readonly wake?: HeardWake | undefined; readonly text?: string } = {},
  ): void {
    const previous = this.#state;
    const [state, commands] = step(previous, input);
    this.#state = state;
    if (state !== previous) this.#gate.enter(state, this.#satellite.hello);
    for (const command of commands) {
      switch (command.kind) {
        case "cancel":
          this.#cancel(command.reason, by);
          break;
        case "listen":
          this.#start(command.turnId, command.source, (turn) => listenAndAnswer(this.#run, turn, about.wake));
          break;
        case "think":
          this.#turn?.listening?.close();
          break;
        case "answer":
          this.#start(command.turnId, "text", (turn) => answerText(turn, about.text ?? ""));
          break;
        case "announce":
          this.#start(command.turnId, "announcement", (turn) => announce(this.#run, turn, about.text ?? ""));
          break;
        case "no-speech":
          this.#noSpeech(command.silent);
          break;
        case "end":
          this.#end(command.reason, "stop");
          break;
        default:
          command satisfies never;
      }
    }
    // A command may have moved the state on; only the last one is worth telling.
    if (this.#state === state && state.kind !== previous.kind) this.#changed(previous);
  }

  #changed(previous: TurnState): void {
    this.#publish({ type: "turn_state", state: this.#state.kind, previous: previous.kind });
    this.#tell();
    if (this.#state.kind === "idle") this.#nextAnnouncement();
  }

  #start(turnId: string, source: TurnSource, work: (turn: Turn) => Promise<Outcome>): void {
    const turn = createTurn(this.#run, turnId, source, {
      effect: (effect) => this.#volume.effect(effect),
      speaking: () => this.#dispatch({ kind: "reply-start", turnId }),
    });
    this.#turn = turn;
    void this.#carry(turn, work);
  }

  /** Carry one turn to its end, whatever happens on the way. */
  async #carry(turn: Turn, work: (turn: Turn) => Promise<Outcome>): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await work(turn);
    } catch (error) {
      if (turn.over) {
        // Ended from outside. Only now can no late word lengthen the reply again.
        this.#deps.core.played(turn.id, turn.heardAtEnd);
        return;
      }
      outcome = await recover(this.#run, turn, error);
    }
    if (turn.over) return;
    const more = listensOn(this.#settings, turn, outcome) && !this.#muted;
    const followUp = more ? this.#deps.newId("turn") : undefined;
    this.#dispatch({ kind: "reply-end", turnId: turn.id, reason: outcome.reason, followUp });
  }

  #noSpeech(silent: boolean): void {
    const turn = this.#turn;
    if (!turn) return;
    // The follow-up window closing is not a failure, and needs no sound.
    if (!silent) soundTone(this.#satellite, "cancel");
    this.#dispatch({ kind: "reply-end", turnId: turn.id, reason: "no-speech", followUp: undefined });
  }

  #cancel(reason: TurnEnd, by: Interrupter): void {
    const turn = this.#turn;
    if (turn?.playback && turn.playback.sentMs > 0) {
      const played_ms = msOf(turn.playback.playedSamples());
      this.#satellite.stopAudioPlayback(turn.id);
      if (reason === "barge-in") this.#publish({ type: "barge_in", by, played_ms });
    }
    this.#end(reason, reason === "barge-in" ? "barge-in" : "stop");
  }

  #end(reason: TurnEnd, by: CancelledBy): void {
    const turn = this.#turn;
    if (!turn || turn.over) return;
    turn.finish(by);
    this.#publish({ type: "turn_end", reason, trace: turn.trace.report() });
    this.#turn = undefined;
  }

  #nextAnnouncement(): void {
    if (this.#state.kind !== "idle" || !this.#satellite.isConnected()) return;
    const text = this.#announcements.shift();
    if (text !== undefined)
      this.#dispatch({ kind: "announce", turnId: this.#deps.newId("turn") }, "stop", { text });
  }

  #tell(): void {
    const { kind } = this.#state;
    this.#satellite.state({
      listening: kind === "listening",
      speaking: kind === "speaking",
      turnState: kind,
    });
  }

  readonly #publish: SessionDeps["publish"] = (draft) => {
    const { sessionId, id } = this.#satellite;
    this.#deps.publish({
      session_id: sessionId,
      satellite_id: id,
      turn_id: this.#turn?.id ?? null,
      ...draft,
    });
  };
}
