/** Labels of one series: names are given when the metric is made, values are text. */
type Labels = Readonly<Record<string, string>>;

/** One number of a metric as it is now, for metrics that are asked when they are read. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** Series of one metric. Further label values are summed up as `other`, so that nothing can fill the memory. */
const MAX_SERIES = 100;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): Iterable<string>;
}

/** Counts what happens. */
export interface Counter {
  add(labels?: Labels, amount?: number): void;
}

/** Counts measurements by their size. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Numbers about the hub, as text that Prometheus reads. Names follow its conventions: base units, `_total`. */
export class Metrics {
  readonly #metrics: Metric[] = [];

  /** A number that only rises. */
  counter(name: string, help: string): Counter {
    const series = new Series(() => ({ value: 0 }));
    this.#metrics.push({
      name,
      help,
      type: "counter",
      *lines() {
        for (const [labels, { value }] of series.all()) yield line(name, labels, value);
      },
    });
    return {
      add(labels = {}, amount = 1) {
        series.of(labels).value += amount;
      },
    };
  }

  /** A number that is asked for when the metrics are read. */
  asked(type: "counter" | "gauge", name: string, help: string, ask: () => readonly Sample[]): void {
    this.#metrics.push({
      name,
      help,
      type,
      *lines() {
        for (const { labels, value } of ask()) yield line(name, labels ?? {}, value);
      },
    });
  }

  /** Measurements in buckets up to each of `bounds`, which rise. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Series(() => ({ counts: bounds.map(() => 0), count: 0, sum: 0 }));
    this.#metrics.push({
      name,
      help,
      type: "histogram",
      *lines() {
        for (const [labels, { counts, count, sum }] of series.all()) {
          let below = 0;
          for (const [at, bound] of bounds.entries()) {
            below += counts[at] ?? 0;
            yield line(`${name}_bucket`, { ...labels, le: String(bound) }, below);
          }
          yield line(`${name}_bucket`, { ...labels, le: "+Inf" }, count);
          yield line(`${name}_sum`, labels, sum);
          yield line(`${name}_count`, labels, count);
        }
      },
    });
    return {
      observe(value, labels = {}) {
        const one = series.of(labels);
        const at = bounds.findIndex((bound) => value <= bound);
        if (at !== -1) one.counts[at] = (one.counts[at] ?? 0) + 1;
        one.count += 1;
        one.sum += value;
      },
    };
  }

  /** Everything in the text format 0.0.4. */
  text(): string {
    const lines: string[] = [];
    for (const metric of this.#metrics) {
      lines.push(`# HELP ${metric.name} ${metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`);
      lines.push(`# TYPE ${metric.name} ${metric.type}`, ...metric.lines());
    }
    return `${lines.join("\n")}\n`;
  }
}

/** What belongs to each set of labels. */
class Series<T> {
  readonly #make: () => T;
  readonly #series = new Map<string, { readonly labels: Labels; readonly value: T }>();

  constructor(make: () => T) {
    this.#make = make;
  }

  of(labels: Labels): T {
    const key = JSON.stringify(labels);
    const known = this.#series.get(key);
    if (known) return known.value;
    const isFull = this.#series.size >= MAX_SERIES;
    const kept = isFull ? Object.fromEntries(Object.keys(labels).map((name) => [name, "other"])) : labels;
    const other = isFull ? this.#series.get(JSON.stringify(kept)) : undefined;
    if (other) return other.value;
    const value = this.#make();
    this.#series.set(JSON.stringify(kept), { labels: kept, value });
    return value;
  }

  *all(): Iterable<readonly [Labels, T]> {
    for (const { labels, value } of this.#series.values()) yield [labels, value];
  }
}

function line(name: string, labels: Labels, value: number): string {
  const inner = Object.entries(labels)
    .map(([label, text]) => `${label}="${escaped(text)}"`)
    .join(",");
  return `${name}${inner === "" ? "" : `{${inner}}`} ${number(value)}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
