import { z } from "zod";
import { CATALOGUE, EVENT_VERSION, type EventType, type HubEvent } from "./hub-event.ts";

/** A draft that was checked: the envelope's free places, and the type's fields with defaults filled in. */
export interface CheckedDraft {
  readonly type: EventType;
  readonly session_id: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly satellite_id: string | null;
  readonly turn_id: string | null;
}

/** A checked draft, or why it is none. `problem` names the field and never quotes its value. */
export type DraftCheck =
  | { readonly ok: true; readonly draft: CheckedDraft }
  | { readonly ok: false; readonly type: string; readonly problem: string };

const fieldSchemas: ReadonlyMap<string, z.ZodObject> = new Map(
  Object.entries(CATALOGUE).map(([type, definition]) => [type, z.object(definition.fields)]),
);

/** Whether a string names a type of event. */
export function isEventType(type: string): type is EventType {
  return fieldSchemas.has(type);
}

/** Whether events of this type are stored and replayed. */
export function isDurable(type: EventType): boolean {
  return CATALOGUE[type].priority === "high";
}

interface Given {
  readonly type: string;
  readonly session_id?: unknown;
  readonly satellite_id?: unknown;
  readonly turn_id?: unknown;
  readonly [field: string]: unknown;
}

/**
 * Check what a publisher said against the catalogue.
 *
 * Fields the type does not have are dropped, as the original does; missing optional ones become null.
 */
export function checkDraft(given: Given): DraftCheck {
  const { type, session_id = null, satellite_id = null, turn_id = null } = given;
  const schema = fieldSchemas.get(type);
  if (!schema || !isEventType(type)) return { ok: false, type: String(type), problem: "unknown type" };
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.map(String).join(".") ?? "";
    return { ok: false, type, problem: `${where || "event"}: ${issue?.code ?? "invalid"}` };
  }
  if (!isId(session_id)) return { ok: false, type, problem: "session_id: invalid_type" };
  if (!isId(satellite_id)) return { ok: false, type, problem: "satellite_id: invalid_type" };
  if (!isId(turn_id)) return { ok: false, type, problem: "turn_id: invalid_type" };
  return { ok: true, draft: { type, session_id, fields: parsed.data, satellite_id, turn_id } };
}

function isId(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

/** Make the event of a checked draft. The members stand in the order in which the contract sends them. */
export function stamp(draft: CheckedDraft, seq: number, timestamp: number): HubEvent {
  return {
    version: EVENT_VERSION,
    seq,
    timestamp,
    type: draft.type,
    session_id: draft.session_id,
    ...draft.fields,
    satellite_id: draft.satellite_id,
    turn_id: draft.turn_id,
  } as HubEvent;
}

const texts = new WeakMap<HubEvent, string>();

/** An event as JSON text, made once however many want it. Events are immutable. */
export function eventText(event: HubEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = JSON.stringify(event);
    texts.set(event, text);
  }
  return text;
}
