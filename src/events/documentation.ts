import { z } from "zod";
import { contractEvents } from "./contract-events.ts";
import type { EventDefinition } from "./fields.ts";
import { hearthEvents } from "./hearth-events.ts";
import { CATALOGUE, EVENT_VERSION } from "./hub-event.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

const id = z.string().nullable();

/** JSON Schema 2020-12 of everything the feed can send as an event. */
export function eventsSchema(): JsonSchema {
  const options = Object.entries(CATALOGUE).map(([type, definition]) => eventSchema(type, definition));
  const [first, ...rest] = options;
  if (!first) throw new Error("the catalogue is empty");
  const schema = z.toJSONSchema(z.discriminatedUnion("type", [first, ...rest]), {
    io: "output",
    unrepresentable: "any",
  });
  return { title: "Hearth events", ...schema };
}

function eventSchema(type: string, definition: EventDefinition) {
  return z
    .object({
      version: z.literal(EVENT_VERSION),
      seq: z.int().min(1),
      timestamp: z.number(),
      type: z.literal(type),
      session_id: id,
      ...definition.fields,
      satellite_id: id,
      turn_id: id,
    })
    .describe(definition.summary);
}

/** The reference of all events, as Markdown. */
export function eventsMarkdown(): string {
  const types = Object.keys(CATALOGUE).length;
  return `# Events

<!-- Generated from src/events by \`bun scripts/generate-docs.ts\`; do not edit. -->

Everything that happens in Hearth is published as one of these ${types} types of event. They are read at \`/events\`
(WebSocket) and \`/api/events\` (Server-Sent Events and NDJSON); docs/events.schema.json is the same as JSON Schema.

Every event is one JSON object with its members in this order:

| member | type | meaning |
|---|---|---|
| \`version\` | "${EVENT_VERSION}" | version of this envelope |
| \`seq\` | integer | rises over all events and never repeats, also across crashes; gaps are normal |
| \`timestamp\` | number | epoch seconds, with a fraction |
| \`type\` | string | one of the types below |
| \`session_id\` | string or null | the conversation it belongs to |
| … | | the type's own fields; optional ones are null when there is nothing to say |
| \`satellite_id\` | string or null | the satellite it happened at |
| \`turn_id\` | string or null | the turn it belongs to |

*Stored* events are kept on disk and replayed; the others are live only. Durations end in \`_ms\` or \`_seconds\`.

## Reading the feed

Connect to \`/events\`. Without parameters the feed sends one frame \`{"type":"replay","events":[…]}\` with the last 50
stored events, if there are any, and then every event as it happens.

| parameter | meaning |
|---|---|
| \`since=<seq>\` | replay everything stored after that event, in as many \`replay\` frames as it takes, then \`{"type":"live","seq":n}\` |
| \`limit=<n>\` | replay at most the last n |
| \`types=stt_*,turn_end\` | only these types; \`*\` stands for any characters |
| \`session=\`, \`satellite=\`, \`turn=\` | only events of this one |
| \`ephemeral=0\` | only stored events |

The same can be said later: \`{"type":"subscribe","types":["stt_*"],"since":120}\` replaces the whole filter and is
answered with \`subscribed\`; \`{"type":"unsubscribe"}\` ends it; \`{"type":"ping","id":"x"}\` is answered with \`pong\`. What
cannot be understood is answered with \`{"type":"error","message":…,"timestamp":…}\`, and the connection stays.

- \`{"type":"reset","reason":…,"oldest_seq":n}\`: what you know cannot be continued without a gap, because it is from
  the \`future\` (another hub's numbers), below \`retention\`, or beyond your \`limit\`. What is kept is replayed after it.
- \`{"type":"dropped","count":n}\`: you read slowly, so n live-only events were left out.
- Close code 1013: you read too slowly even for stored events. Its reason names the \`since\` to resume with.

\`GET /api/events\` takes the same parameters. With \`Accept: text/event-stream\` it is an event source whose ids are the
seqs; otherwise NDJSON that ends after the stored events, or goes on with \`follow=1\`.

## Events of the original contract

${Object.entries(contractEvents).map(section).join("\n")}
## Hearth's own events

${Object.entries(hearthEvents).map(section).join("\n")}`;
}

function section([type, definition]: [string, EventDefinition]): string {
  const kept = definition.priority === "high" ? "stored" : "live only";
  const fields = Object.entries(definition.fields);
  const rows = fields.map(([name, schema]) => `| \`${name}\` | ${typeName(jsonSchema(schema))} |`);
  const table = rows.length > 0 ? `\n| field | type |\n|---|---|\n${rows.join("\n")}\n` : "";
  return `### \`${type}\` (${kept})\n\n${definition.summary}\n${table}`;
}

function jsonSchema(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });
}

/** A schema in words. */
function typeName(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.type === "array") {
    return schema.items && typeof schema.items === "object" && !Array.isArray(schema.items)
      ? `list of ${typeName(schema.items)}`
      : "list";
  }
  if (schema.type === "object" && schema.properties) {
    const members = Object.entries(schema.properties).map(
      ([name, member]) => `${name}: ${typeof member === "object" ? typeName(member) : "any"}`,
    );
    return `{ ${members.join(", ")} }`;
  }
  const range = limits(schema);
  if (schema.type === undefined) return "any JSON value";
  const name = [schema.type].flat().join(" or ");
  return range === "" ? name : `${name} ${range}`;
}

function limits({ minimum, maximum }: JsonSchema): string {
  const hasMaximum = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const hasMinimum = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER;
  if (hasMinimum && hasMaximum) return `${minimum}…${maximum}`;
  return hasMinimum ? `≥ ${minimum}` : "";
}
