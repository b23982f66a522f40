/** What this process uses, and how late its event loop runs. */
export interface ProcessReading {
  /** Resident memory in MiB. */
  readonly memoryMb: number;
  /** CPU of all threads since the reading before, in per cent of one core; 0 at the first. */
  readonly cpuPercent: number;
  /** How much later than asked the event loop ran since the reading before, in milliseconds. */
  readonly loopDelay: { readonly meanMs: number; readonly p99Ms: number; readonly maxMs: number };
}

/** Measures this process. Disposing stops the measuring. */
export interface ProcessFigures extends Disposable {
  /** Figures since the last call; cheap, never throws. */
  read(): ProcessReading;
}
