/** One figure of a hearing bench. */
export interface Figure {
  /** What kind: wake, orders, words, end of speech, CPU, memory. */
  readonly about: string;
  readonly what: string;
  readonly value: number;
  readonly unit: "%" | "% of a core" | "ms" | "× real time" | "MB" | "per keyword-hour" | "clips";
  /** What it was taken over: counts, so that a reader can judge it. */
  readonly of: string;
}

/** The figures as a table for people. */
export function figureTable(figures: readonly Figure[]): string {
  const cells = figures.map(({ about, what, value, unit, of }) => [
    about,
    what,
    `${rounded(value)} ${unit}`,
    of,
  ]);
  const heads = ["", "what", "figure", "over"];
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

function rounded(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100
    ? value.toFixed(0)
    : Math.abs(value) >= 1
      ? value.toFixed(1)
      : value.toFixed(3);
}

/** CPU this process has used, in ms, all its threads together. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The value below which `percent` of the figures lie; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

/** One turn of the event loop: native engines free what is finished only there. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
