/** One minute of one operation. */
export interface Rollup {
  /** Epoch seconds of the minute's start. */
  readonly minute: number;
  /** Component and operation with a dot between: `turn.think`. */
  readonly operation: string;
  readonly count: number;
  /** Durations in milliseconds; the quantiles are right to within 1 %. */
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
}

/** Which rollups to read. */
export interface RollupQuery {
  /** An operation, where `*` stands for any characters; undefined for all. */
  readonly operation?: string | undefined;
  /** Only minutes from this epoch second on. */
  readonly since?: number | undefined;
  /** At most this many, the newest; default and most 10,000. */
  readonly limit?: number | undefined;
}

/** Keeps rollups for thirty days. Nothing throws: what a disk refuses is logged and lost. */
export interface RollupStore extends Disposable {
  /** Keep a minute's rollups. A minute that is there already, after the clock was put back, is replaced. */
  write(rollups: readonly Rollup[]): void;
  /** Oldest first. */
  read(query: RollupQuery): readonly Rollup[];
}
