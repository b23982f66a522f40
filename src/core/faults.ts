/** Why a turn or a call was given up on purpose. */
export type CancelledBy =
  | "barge-in"
  | "stop"
  | "button"
  | "wake"
  | "disconnect"
  | "replaced"
  | "mute"
  | "shutdown"
  | "deadline";

/** The reason of an abort. A cancelled call is not a failed call: it is never retried, counted or spoken. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
  readonly by: CancelledBy;

  constructor(by: CancelledBy) {
    super(`cancelled by ${by}`);
    this.by = by;
  }
}

/** What went wrong in an engine, from its caller's point of view. */
export type EngineFault =
  | "unavailable" // not installed, no model, wrong platform
  | "unreachable" // no connection
  | "crashed" // the process behind it ended
  | "timeout" // connect, first byte or between chunks
  | "refused" // credentials, quota, spend cap
  | "rejected" // it did not accept this input
  | "protocol"; // it answered nonsense, or the stream ended early

/**
 * The world failed: an engine did not do its work.
 *
 * The message names the engine and the fault and never holds what was said.
 */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly engine: string;
  readonly fault: EngineFault;
  /** Whether the same call may succeed if made again. */
  readonly retryable: boolean;

  constructor(
    engine: string,
    fault: EngineFault,
    detail: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(`${engine}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.engine = engine;
    this.fault = fault;
    this.retryable =
      options.retryable ?? (fault === "crashed" || fault === "timeout" || fault === "unreachable");
  }
}
