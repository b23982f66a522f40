/** How much something may cost. */
interface Budget {
  /** What is held against the limit: the ratio to the baseline, or the measured figure itself. */
  readonly of: "ratio" | "measured";
  readonly kind: "at most" | "at least";
  readonly limit: number;
}

/** One line of the table. */
export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly unit: string;
  /** The median over the rounds. */
  readonly measured: number;
  /** The same of the simplest thing that could do the job, measured in turn with it; undefined where there is none. */
  readonly baseline?: number;
  /** Measured against baseline; the median of the rounds' ratios, so that noise hits both. */
  readonly ratio?: number;
  readonly budget?: Budget;
  /** What a reader needs to judge the figure. */
  readonly note?: string;
}

/** One thing to measure. */
export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

/** How thoroughly to measure. */
interface BenchOptions {
  /** Rounds in which measured and baseline take turns. */
  readonly rounds: number;
}

/** Whether a row keeps its budget; undefined when it has none. */
export function within({ budget, measured, ratio }: Row): boolean | undefined {
  if (!budget) return undefined;
  const value = budget.of === "ratio" ? ratio : measured;
  if (value === undefined) return undefined;
  return budget.kind === "at most" ? value <= budget.limit : value >= budget.limit;
}

const HEAD = ["what", "measured", "baseline", "ratio", "budget", "within"];

/** The rows as a table for people. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const held = within(row);
    return [
      `${row.bench}: ${row.what}`,
      `${figure(row.measured)} ${row.unit}`,
      row.baseline === undefined ? "" : `${figure(row.baseline)} ${row.unit}`,
      row.ratio === undefined ? "" : `${figure(row.ratio)}×`,
      budgetText(row),
      held === undefined ? "" : held ? "yes" : "NO",
    ];
  });
  const widths = HEAD.map((head, i) => Math.max(head.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  const notes = rows.flatMap(({ bench, what, note }) => (note ? [`${bench}: ${what}: ${note}`] : []));
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...cells.map(line), "", ...notes].join(
    "\n",
  );
}

function budgetText({ budget, unit }: Row): string {
  if (!budget) return "";
  const sign = budget.kind === "at most" ? "≤" : "≥";
  return `${sign} ${budget.limit}${budget.of === "ratio" ? "×" : ` ${unit}`}`;
}

/** Three significant digits, more before the point where needed. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size >= 100
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : size >= 0.01
        ? value.toFixed(2)
        : value.toFixed(4);
}
