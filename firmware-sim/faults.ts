import { parseDuration } from "./duration.ts";

/** Something wrong with a satellite or its radio. */
export type Fault =
  /** Each microphone chunk is held back by a random time up to this; their order stays. */
  | { readonly kind: "jitter"; readonly maxMs: number }
  /** This share of the microphone chunks is never sent. */
  | { readonly kind: "loss"; readonly ratio: number }
  /** This share is sent twice. */
  | { readonly kind: "duplicate"; readonly ratio: number }
  /** This share changes places with the chunk after it. */
  | { readonly kind: "reorder"; readonly ratio: number }
  /** The satellite's crystal is wrong, at the microphone and at the speaker. */
  | { readonly kind: "drift"; readonly ppm: number }
  /** The link is read at this many bytes a second; 0 is never. */
  | { readonly kind: "slow-reader"; readonly bytesPerSecond: number }
  /** The connection is reset. */
  | { readonly kind: "reset" }
  /** The satellite goes out of range: neither reads nor writes, while the connection stays open. */
  | { readonly kind: "half-open" }
  /** The connection ends in the middle of a microphone chunk. */
  | { readonly kind: "half-frame" }
  /** Power is lost and comes back. */
  | { readonly kind: "reboot" }
  /** All lasting faults end. */
  | { readonly kind: "none" };

/** A fault, and how long after the start it strikes. */
export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

/** What of a fault lasts. */
export interface Conditions {
  readonly jitterMs: number;
  readonly lossRatio: number;
  readonly duplicateRatio: number;
  readonly reorderRatio: number;
  readonly driftPpm: number;
}

/** A satellite in good health. */
export function noConditions(): Conditions {
  return { jitterMs: 0, lossRatio: 0, duplicateRatio: 0, reorderRatio: 0, driftPpm: 0 };
}

/** The conditions once `fault` has struck. Faults of a moment change nothing that lasts. */
export function conditionsUnder(fault: Fault, before: Conditions): Conditions {
  switch (fault.kind) {
    case "jitter":
      return { ...before, jitterMs: fault.maxMs };
    case "loss":
      return { ...before, lossRatio: fault.ratio };
    case "duplicate":
      return { ...before, duplicateRatio: fault.ratio };
    case "reorder":
      return { ...before, reorderRatio: fault.ratio };
    case "drift":
      return { ...before, driftPpm: fault.ppm };
    case "none":
      return noConditions();
    default:
      return before;
  }
}

export const FAULT_HELP =
  "jitter=<time> loss=<%> duplicate=<%> reorder=<%> drift=<ppm> slow-reader=<bytes/s> reset half-open half-frame reboot none";

/**
 * Read one fault: `jitter=80ms`, `loss=5%`, `drift=-200`, `reset`.
 *
 * @throws {RangeError} with a sentence when it is not one.
 */
export function parseFault(text: string): Fault {
  const [kind = "", value] = text.split("=", 2);
  switch (kind) {
    case "reset":
    case "half-open":
    case "half-frame":
    case "reboot":
    case "none":
      if (value !== undefined) throw new RangeError(`The fault "${kind}" takes no value.`);
      return { kind };
    case "jitter":
      return { kind, maxMs: parseDuration(value ?? "") };
    case "loss":
    case "duplicate":
    case "reorder":
      return { kind, ratio: parseRatio(kind, value) };
    case "drift":
      return { kind, ppm: parseNumber(kind, value) };
    case "slow-reader": {
      const bytesPerSecond = parseNumber(kind, value);
      if (bytesPerSecond < 0) throw new RangeError('The fault "slow-reader" needs 0 or more bytes a second.');
      return { kind, bytesPerSecond };
    }
    default:
      throw new RangeError(`There is no fault "${kind}". Known: ${FAULT_HELP}`);
  }
}

/**
 * Read a list of faults with the times they strike: `loss=5%,reset@5s,none@20s`.
 *
 * @throws {RangeError} with a sentence when one of them is not a fault.
 */
export function parseFaultPlan(text: string): PlannedFault[] {
  return text
    .split(",")
    .map((item) => {
      const [fault = "", at = "0s"] = item.trim().split("@", 2);
      return { fault: parseFault(fault), atMs: parseDuration(at) };
    })
    .sort((a, b) => a.atMs - b.atMs);
}

function parseNumber(kind: string, value: string | undefined): number {
  const number = value === undefined || value === "" ? Number.NaN : Number(value);
  if (!Number.isFinite(number))
    throw new RangeError(`The fault "${kind}" needs a number, as in ${kind}=200.`);
  return number;
}

function parseRatio(kind: string, value: string | undefined): number {
  const percent = value?.endsWith("%") ? Number(value.slice(0, -1)) / 100 : parseNumber(kind, value);
  if (!(percent >= 0 && percent <= 1)) {
    throw new RangeError(`The fault "${kind}" needs 0% to 100%, as in ${kind}=5%.`);
  }
  return percent;
}
