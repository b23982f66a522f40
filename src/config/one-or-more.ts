import { z } from "zod";

/** Accepts one value or a list of at least one; always yields the list. */
export function oneOrMore<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item).min(1)]).transform((value): z.output<T>[] => {
    return Array.isArray(value) ? (value as z.output<T>[]) : [value as z.output<T>];
  });
}
