import type { PullProgress } from "#adapters/models/pull.ts";

/** Cells of the bar. */
const BAR_CELLS = 24;

/** Bytes as people read them: `5.5 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/**
 * Shows on standard error how far a pull is: a bar where there is a terminal, a line for each tenth elsewhere, and
 * nothing with `json`.
 */
export function pullDisplay(
  id: string,
  options: {
    readonly json: boolean;
    readonly terminal: boolean;
    readonly write?: (text: string) => void;
  },
): { readonly show: (progress: PullProgress) => void; readonly end: () => void } {
  const write = options.write ?? ((text: string) => process.stderr.write(text));
  let shown = "";
  const bar = ({ stage, bytes, total }: PullProgress) => {
    const ratio = total ? bytes / total : 0;
    const full = Math.round(ratio * BAR_CELLS);
    const amount = total ? `${megabytes(bytes)} of ${megabytes(total)}` : megabytes(bytes);
    const line = `${id}: ${stage} [${"#".repeat(full)}${".".repeat(BAR_CELLS - full)}] ${amount}`;
    if (line === shown) return;
    // Cleared to its end, for a line that was longer.
    write(`\r${line}\x1b[K`);
    shown = line;
  };
  const lines = ({ stage, bytes, total }: PullProgress) => {
    const step = total ? `${Math.floor((bytes / total) * 10) * 10} %` : megabytes(bytes);
    const line = `${id}: ${stage} ${step}`;
    if (line === shown) return;
    write(`${line}\n`);
    shown = line;
  };
  return {
    show: (progress) => {
      if (!options.json) (options.terminal ? bar : lines)(progress);
    },
    end: () => {
      if (options.terminal && shown !== "") write("\n");
      shown = "";
    },
  };
}
