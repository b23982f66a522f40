/**
 * Every legal state of a session, on one screen.
 *
 *            wake, button, speech                 utterance-end
 *   idle ───────────────────────► listening ───────────────────────► thinking
 *    ▲ ▲                            │   ▲                               │ reply-start
 *    │ │   no-speech, button, mute  │   │ reply-end{followUp}           ▼
 *    │ └────────────────────────────┘   └─────────────────────────── speaking
 *    │                                                                  │
 *    └──────────────────────────── reply-end, stop, gone ◄──────────────┘
 *
 * `step` decides and touches nothing; `pipeline/session.ts` performs the commands it returns, in order. A wake,
 * a button or typed text while thinking or speaking is a barge-in: the running turn is cancelled and the next
 * begins at once.
 */
export type TurnState =
  | { readonly kind: "idle" }
  | { readonly kind: "listening"; readonly turnId: string; readonly followUp: boolean }
  | { readonly kind: "thinking"; readonly turnId: string }
  | { readonly kind: "speaking"; readonly turnId: string };

/** How a turn began; `always` is by speech alone, also over a reply. */
export type TurnSource = "hub" | "on-device" | "button" | "always" | "text" | "follow-up" | "announcement";

/** How a turn ended. */
export type TurnEnd =
  | "answered"
  | "no-speech"
  | "not-understood"
  | "stopped"
  | "barge-in"
  | "failed"
  | "disconnected"
  | "deadline"
  | "shutdown";

export type TurnInput =
  /** A wake phrase, an on-device wake, or speech in `always` mode. `turnId` names the turn it would begin. */
  | { readonly kind: "wake"; readonly turnId: string; readonly source: TurnSource }
  | { readonly kind: "button"; readonly turnId: string }
  | { readonly kind: "text"; readonly turnId: string }
  /** Something the hub wants to say by itself; ignored unless idle. */
  | { readonly kind: "announce"; readonly turnId: string }
  /** A person spoke over the reply on a satellite that cancels its echo. */
  | { readonly kind: "speech"; readonly turnId: string }
  | { readonly kind: "utterance-end" }
  | { readonly kind: "no-speech" }
  | { readonly kind: "reply-start"; readonly turnId: string }
  | {
      readonly kind: "reply-end";
      readonly turnId: string;
      readonly reason: TurnEnd;
      /** Id for the follow-up turn when one should be listened for. */
      readonly followUp: string | undefined;
    }
  | { readonly kind: "stop"; readonly reason: TurnEnd };

export type TurnCommand =
  /** Abort everything the turn has running and end it. */
  | { readonly kind: "cancel"; readonly turnId: string; readonly reason: TurnEnd }
  | { readonly kind: "listen"; readonly turnId: string; readonly source: TurnSource }
  /** No more audio belongs to the utterance: finish the transcript and answer it. */
  | { readonly kind: "think"; readonly turnId: string }
  /** Answer the text that came with the input. */
  | { readonly kind: "answer"; readonly turnId: string }
  | { readonly kind: "announce"; readonly turnId: string }
  /** Nobody spoke: say so, unless it was only the follow-up window. */
  | { readonly kind: "no-speech"; readonly turnId: string; readonly silent: boolean }
  /** The turn is over; publish its end. */
  | { readonly kind: "end"; readonly turnId: string; readonly reason: TurnEnd };

const IDLE: TurnState = { kind: "idle" };

/**
 * Advance a session by one input.
 *
 * Inputs that make no sense in the current state are ignored, not thrown: a `reply-end` may legitimately arrive
 * just after a barge-in.
 */
export function step(state: TurnState, input: TurnInput): [TurnState, TurnCommand[]] {
  switch (input.kind) {
    case "wake":
      if (state.kind === "listening" && !state.followUp) return [state, []];
      return begin(state, input.turnId, input.source);
    case "speech":
      return state.kind === "speaking" ? begin(state, input.turnId, "always") : [state, []];
    case "button":
      if (state.kind === "listening") return [IDLE, [cancel(state.turnId, "stopped")]];
      return begin(state, input.turnId, "button");
    case "text":
      return [
        { kind: "thinking", turnId: input.turnId },
        [...interrupt(state), { kind: "answer", turnId: input.turnId }],
      ];
    case "announce":
      if (state.kind !== "idle") return [state, []];
      return [{ kind: "speaking", turnId: input.turnId }, [{ kind: "announce", turnId: input.turnId }]];
    case "utterance-end":
      if (state.kind !== "listening") return [state, []];
      return [{ kind: "thinking", turnId: state.turnId }, [{ kind: "think", turnId: state.turnId }]];
    case "no-speech":
      if (state.kind !== "listening") return [state, []];
      return [
        { kind: "thinking", turnId: state.turnId },
        [{ kind: "no-speech", turnId: state.turnId, silent: state.followUp }],
      ];
    case "reply-start":
      if (state.kind !== "thinking" || state.turnId !== input.turnId) return [state, []];
      return [{ kind: "speaking", turnId: state.turnId }, []];
    case "reply-end":
      return replyEnd(state, input);
    case "stop":
      return state.kind === "idle" ? [state, []] : [IDLE, [cancel(state.turnId, input.reason)]];
    default:
      return input satisfies never;
  }
}

function replyEnd(
  state: TurnState,
  input: Extract<TurnInput, { kind: "reply-end" }>,
): [TurnState, TurnCommand[]] {
  if (state.kind === "idle" || state.turnId !== input.turnId) return [state, []];
  const end: TurnCommand = { kind: "end", turnId: input.turnId, reason: input.reason };
  if (input.followUp === undefined) return [IDLE, [end]];
  return [
    { kind: "listening", turnId: input.followUp, followUp: true },
    [end, { kind: "listen", turnId: input.followUp, source: "follow-up" }],
  ];
}

function begin(state: TurnState, turnId: string, source: TurnSource): [TurnState, TurnCommand[]] {
  return [
    { kind: "listening", turnId, followUp: false },
    [...interrupt(state), { kind: "listen", turnId, source }],
  ];
}

function interrupt(state: TurnState): TurnCommand[] {
  return state.kind === "idle" ? [] : [cancel(state.turnId, "barge-in")];
}

function cancel(turnId: string, reason: TurnEnd): TurnCommand {
  return { kind: "cancel", turnId, reason };
}
