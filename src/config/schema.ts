import { z } from "zod";
import { Events } from "./event-sections.ts";
import { Satellites } from "./satellite-sections.ts";
import { Assistant, Engines, Hub, Journal, LogSection, Security, Server, Turn, Wake } from "./sections.ts";

/**
 * The whole of `hearth.yaml`.
 *
 * Keys are snake_case in the file and in the type alike: a `Config` has exactly the shape of the file it came from,
 * so that a key named in a message, in the documentation and in the code is one word. Every key has a description,
 * which is the documentation, and everything that can have a default has one.
 */
export const ConfigFile = z.strictObject({
  hub: Hub.prefault({}),
  server: Server.prefault({}),
  security: Security.prefault({}),
  satellites: Satellites.prefault({}),
  wake: Wake.prefault({}),
  turn: Turn.prefault({}),
  engines: Engines.prefault({}),
  assistant: Assistant.prefault({}),
  journal: Journal.prefault({}),
  events: Events.prefault({}),
  log: LogSection.prefault({}),
});

/** What the file says, before the values that depend on others are filled in. */
export type ParsedFile = z.output<typeof ConfigFile>;

/** A credential a peer shows, by the name of whom it was given to. */
interface Token {
  readonly id: string;
  readonly token: string;
}

/** A credential a reader of events shows, and which types it may read; absent means all. */
export interface FeedToken extends Token {
  readonly types?: readonly string[];
}

/** The broker events are published to. */
export interface EventBridge {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What this hub is called in topics. */
  readonly hub: string;
}

/** The effective configuration: the file, the environment and the defaults, checked. Everything is present. */
export type Config = Omit<ParsedFile, "security" | "assistant" | "events"> & {
  readonly security: {
    readonly satellites: "open" | "token";
    readonly events: "open" | "token";
    readonly satellite_tokens: readonly Token[];
    readonly feed_tokens: readonly FeedToken[];
  };
  readonly events: { readonly bridge: EventBridge | undefined };
  readonly assistant: Omit<ParsedFile["assistant"], "time_zone"> & { readonly time_zone: string };
};
