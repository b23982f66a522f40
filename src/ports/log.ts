/** Fields of a log line: identifiers, counts and durations. Never what was said, typed, or a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Structured log. Messages are constant strings; everything that varies goes into fields.
 *
 * What was said never reaches the log: transcripts live in events only.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
