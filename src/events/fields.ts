import { z } from "zod";

/** Deepest nesting an event may carry; deeper values are refused rather than risk the stack of a reader. */
const MAX_DEPTH = 32;

/**
 * Whether a value survives JSON unchanged: no undefined inside arrays, no functions, no NaN, no cycles.
 *
 * Undefined object members pass: JSON leaves them out, which is what their author means.
 */
function isJson(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object": {
      if (value === null) return true;
      if (depth >= MAX_DEPTH) return false;
      if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
      // A Map, a Date or an instance of a class would arrive as something else.
      if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return false;
      return Object.values(value).every((item) => item === undefined || isJson(item, depth + 1));
    }
    default:
      return false;
  }
}

/** Any JSON object. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => isJson(value), { error: "not JSON" });

/** Any JSON value; absent means null. */
export const jsonValue = z
  .unknown()
  .refine((value) => value === undefined || isJson(value), { error: "not JSON" })
  .default(null);

/** A field its author may leave out; readers then find null. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullable().default(null);
}

/** Text of which at most `limit` characters are kept, with "..." after them when something was cut. */
export function preview(limit: number) {
  return z.string().overwrite((text) => (text.length > limit ? `${text.slice(0, limit)}...` : text));
}

/** A count or size: a whole number, 0 or more. */
export const count = z.int().min(0);

/** A duration in the unit its name ends in; never negative. */
export const duration = z.number().min(0);

/** A confidence or share, 0..1. */
export const ratio = z.number().min(0).max(1);

/** How an event is kept: `high` is stored and replayed, `low` is live only. */
type Priority = "high" | "low";

/** One type of event, as the catalogue declares it. */
export interface EventDefinition {
  readonly priority: Priority;
  /** One sentence for the documentation: what has happened. */
  readonly summary: string;
  /** The type's own fields, in the order they are sent. */
  readonly fields: z.core.$ZodShape;
}

/** Declare an event that is stored and replayed. */
export function durable<S extends z.core.$ZodShape>(summary: string, fields: S) {
  return { priority: "high", summary, fields } as const;
}

/** Declare an event that is live only. */
export function ephemeral<S extends z.core.$ZodShape>(summary: string, fields: S) {
  return { priority: "low", summary, fields } as const;
}
