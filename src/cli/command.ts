/**
 * One command of the `hearth` executable.
 *
 * `run` gets the arguments after the command's name and resolves with the exit code: 0 done, 1 it failed, 2 it was
 * called wrongly. Answers go to stdout, everything else to stderr. Modules export one `command` each and are
 * loaded only when called, so that nothing a command needs slows another's start.
 */
export interface Command {
  /** One line for `hearth help`. */
  readonly summary: string;
  /** The whole help text, shown for `--help` and after wrong arguments. */
  readonly usage: string;
  run(argv: readonly string[]): Promise<number>;
}
