/** Why a model could not be had. */
export type ModelFault =
  /** The server said that it is not there, or not for us. */
  | "unavailable"
  /** No connection, or it broke too often. */
  | "unreachable"
  /** What came is not what it should be. */
  | "refused"
  /** No space left. */
  | "full"
  /** Another process is at it. */
  | "busy"
  /** The folder cannot be read or written. */
  | "disk";

/** A model could not be had. The message is a sentence for the owner that says what to do. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly fault: ModelFault;

  constructor(fault: ModelFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.fault = fault;
  }
}

/** What the system said about a file at `path`, as a sentence. Errors that are ours already stay as they are. */
export function diskError(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error && "code" in cause && "syscall" in cause)) return cause;
  const code = String(cause.code);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new ModelError(
      "full",
      `There is no space left at ${path}. Free some and run the command again.`,
      cause,
    );
  }
  return new ModelError("disk", `${path} cannot be read or written (${code}). Check who may use it.`, cause);
}
