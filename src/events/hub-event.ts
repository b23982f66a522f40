import type { z } from "zod";
import { contractEvents } from "./contract-events.ts";
import { hearthEvents } from "./hearth-events.ts";

/** Version of the envelope, as sent in every event. */
export const EVENT_VERSION = "1.0";

/** Every type of event there is. */
export const CATALOGUE = { ...contractEvents, ...hearthEvents };

type Catalogue = typeof CATALOGUE;

/** The name of a type of event. */
export type EventType = keyof Catalogue;

type Fields<T extends EventType> = Catalogue[T]["fields"];
type Input<T extends EventType> = keyof Fields<T> extends never ? unknown : z.input<z.ZodObject<Fields<T>>>;
type Output<T extends EventType> = keyof Fields<T> extends never ? unknown : z.output<z.ZodObject<Fields<T>>>;
type Flat<T> = { readonly [K in keyof T]: T[K] };

interface Envelope<T extends EventType> {
  readonly version: typeof EVENT_VERSION;
  /** Rises over all events and never repeats; gaps are normal. */
  readonly seq: number;
  /** Epoch seconds, with a fraction. */
  readonly timestamp: number;
  readonly type: T;
  /** The conversation it belongs to; null for what concerns the hub as a whole. */
  readonly session_id: string | null;
}

interface Context {
  readonly satellite_id: string | null;
  readonly turn_id: string | null;
}

type Events = { [T in EventType]: Flat<Envelope<T> & Output<T> & Context> };
interface DraftContext {
  readonly session_id?: string | null | undefined;
  readonly satellite_id?: string | null | undefined;
  readonly turn_id?: string | null | undefined;
}
type Drafts = {
  [T in EventType]: Flat<{ readonly type: T } & Input<T> & DraftContext>;
};

/** A stamped event of one type. */
export type EventOf<T extends EventType> = Events[T];

/** A stamped event: what the bus delivers, the journal stores and the feed sends. */
export type HubEvent = Events[EventType];

/** What a publisher says: the type, its fields, and where it happened. Optional fields may be left out. */
export type EventDraft<T extends EventType = EventType> = Drafts[T];
