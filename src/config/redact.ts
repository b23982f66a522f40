import { z } from "zod";
import { isSecret, unwrapped } from "./keys.ts";
import { type Config, ConfigFile } from "./schema.ts";

/** What stands where a secret was. */
export const REDACTED = "(secret)";

/** A copy of the configuration that may be shown: every value the schema calls a secret is replaced. */
export function redact(config: Config): unknown {
  return copy(ConfigFile, config);
}

function copy(schema: unknown, value: unknown): unknown {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion) {
    const fitting = inner.options.find((option) => fits(unwrapped(option), value));
    if (fitting) return copy(fitting, value);
  }
  if (isSecret(inner)) return REDACTED;
  if (Array.isArray(value)) {
    const element = inner instanceof z.ZodArray ? inner.element : undefined;
    return value.map((item) => copy(element, item));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (inner instanceof z.ZodObject) return [key, copy(inner.shape[key], item)];
      return [key, copy(inner instanceof z.ZodRecord ? inner.valueType : undefined, item)];
    }),
  );
}

/** Whether a union's option is the one for this kind of value. */
function fits(option: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return option instanceof z.ZodArray;
  if (typeof value === "object") return option instanceof z.ZodObject;
  return !(option instanceof z.ZodArray || option instanceof z.ZodObject);
}
