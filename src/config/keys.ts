import { z } from "zod";
import { ConfigFile } from "./schema.ts";
import { secrets } from "./secret.ts";

/** What kind of value a key takes; decides how an environment variable is read. */
type KeyKind = "text" | "number" | "boolean" | "list" | "map";

/** One key of the configuration that holds a value. */
export interface ConfigKey {
  /** Shape: `["turn", "deadline_ms"]`. */
  readonly path: readonly string[];
  /** The variable that overrides it, for example `HEARTH_TURN_DEADLINE_MS`. */
  readonly variable: string;
  readonly kind: KeyKind;
  readonly description: string;
  /** What holds when nobody sets it, as written in the file; `undefined` when it has no default. */
  readonly fallback: unknown;
}

/** Every key that holds a value, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = collect(ConfigFile, []);

function collect(section: z.ZodObject, path: readonly string[]): ConfigKey[] {
  return Object.entries(section.shape).flatMap(([name, schema]) => {
    const here = [...path, name];
    const inner = unwrapped(schema);
    if (inner instanceof z.ZodObject) return collect(inner, here);
    return [
      {
        path: here,
        variable: `HEARTH_${here.join("_").toUpperCase()}`,
        kind: kindOf(inner),
        description: describedBy(schema),
        fallback: fallbackOf(schema),
      },
    ];
  });
}

/** The keys allowed in the section at `path`; empty when there is no section there or it takes any key. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = ConfigFile;
  for (const step of path) schema = inside(schema, step);
  const section = sectionOf(schema);
  return section ? Object.keys(section.shape) : [];
}

function inside(schema: unknown, step: PropertyKey): unknown {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) return inner.shape[String(step)];
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (inner instanceof z.ZodArray) return inner.element;
  if (inner instanceof z.ZodUnion) {
    return inner.options.map((option) => inside(option, step)).find((found) => found !== undefined);
  }
  return undefined;
}

/** Whether what is written at `path` is, or may be, a secret that no message and no output may show. */
export function isSecretAt(path: readonly PropertyKey[]): boolean {
  let schema: unknown = ConfigFile;
  for (const step of path) schema = inside(schema, step);
  return isSecret(schema);
}

/** Whether the schema, or one of a union's, was registered as a secret. */
export function isSecret(schema: unknown): boolean {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodType)) return false;
  if (inner instanceof z.ZodUnion) return inner.options.some(isSecret);
  return secrets.has(inner);
}

function sectionOf(schema: unknown): z.ZodObject | undefined {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) return inner;
  if (inner instanceof z.ZodUnion) return inner.options.map(sectionOf).find((found) => found !== undefined);
  return undefined;
}

/** The schema inside defaults, optionals and transforms. */
export function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap());
  }
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  return schema;
}

function kindOf(inner: unknown): KeyKind {
  if (inner instanceof z.ZodNumber) return "number";
  if (inner instanceof z.ZodBoolean) return "boolean";
  if (inner instanceof z.ZodArray) return "list";
  if (inner instanceof z.ZodRecord) return "map";
  if (inner instanceof z.ZodLiteral) return typeof inner.value === "number" ? "number" : "text";
  if (inner instanceof z.ZodUnion) {
    const kinds = inner.options.map((option) => kindOf(unwrapped(option)));
    return kinds.includes("list") ? "list" : (kinds[0] ?? "text");
  }
  return "text";
}

function describedBy(schema: unknown): string {
  if (!(schema instanceof z.ZodType)) return "";
  if (schema.description) return schema.description;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return describedBy(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? describedBy(schema.in) : "";
}

function fallbackOf(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? schema.def.defaultValue
    : undefined;
}
