import { EVENT_VERSION, type HubEvent } from "./hub-event.ts";
import { checkDraft, isDurable, stamp } from "./stamp.ts";

/** A stored event that was read from elsewhere, or why it is none. `problem` never quotes what was said. */
export type ParsedStored =
  | { readonly ok: true; readonly event: HubEvent }
  | { readonly ok: false; readonly problem: string };

/** Check the text of one stored event, envelope included, as this version's catalogue has it. */
export function parseStoredEvent(text: string): ParsedStored {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: "it is not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, problem: "it is not an event" };
  }
  const given: Readonly<Record<string, unknown>> = { ...value };
  const { version, seq, timestamp, type } = given;
  if (version !== EVENT_VERSION) return { ok: false, problem: `its version is not ${EVENT_VERSION}` };
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 1) {
    return { ok: false, problem: "its seq is not a positive whole number" };
  }
  if (typeof timestamp !== "number" || !Number.isFinite(timestamp) || timestamp < 0) {
    return { ok: false, problem: "its timestamp is not a number of seconds" };
  }
  if (typeof type !== "string") return { ok: false, problem: "it has no type" };
  const check = checkDraft({ ...given, type });
  if (!check.ok) return { ok: false, problem: `its ${check.problem}` };
  if (!isDurable(check.draft.type)) return { ok: false, problem: `${check.draft.type} is live only` };
  return { ok: true, event: stamp(check.draft, seq, timestamp) };
}
