import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { parseFault } from "./faults.ts";

/** A zod check that turns a parser's RangeError into a problem of the scenario. */
function by<T>(read: (text: string) => T) {
  return z.string().transform((text, context): T => {
    try {
      return read(text);
    } catch (cause) {
      context.addIssue({ code: "custom", message: cause instanceof Error ? cause.message : "not valid" });
      return z.NEVER;
    }
  });
}

const Duration = by(parseDuration);

/** Sound by name of a WAV file (relative to the scenario) or as text to be synthesised. */
const Sound = z.union(
  [z.strictObject({ wav: z.string().min(1) }), z.strictObject({ text: z.string().min(1) })],
  {
    error: "needs either wav: <file> or text: <words>",
  },
);
export type Sound = z.infer<typeof Sound>;

const HubState = z.enum(["idle", "listening", "thinking", "speaking"]);

const Expectation = z.strictObject({
  /** The hub's state as server_status gives it. */
  state: HubState.optional(),
  /** Sound heard since the last say, press, wake or type, counted once it is silent again. */
  speech: z
    .strictObject({
      min_ms: z.number().min(0).default(1),
      max_ms: z.number().min(0).optional(),
      /** A sound that must be contained in it. */
      like: Sound.optional(),
    })
    .optional(),
  /** Nothing is heard for so long from now. */
  silent_for: Duration.optional(),
  /** A tone by name since the last say, press, wake or type. */
  tone: z.string().optional(),
  link: z.enum(["open", "closed"]).optional(),
  connections: z.int().optional(),
  max_underruns: z.int().min(0).optional(),
  within: Duration.default(10_000),
});
export type Expectation = z.infer<typeof Expectation>;

const ACTIONS = {
  say: Sound,
  silence: Duration,
  press: z.enum(["button", "long"]),
  wake: z.string().min(1),
  type: z.string().min(1),
  mute: z.boolean(),
  fault: by(parseFault),
  reconnect: z.literal(true),
  wait_for: HubState,
  expect: Expectation,
} as const;
const NAMES = Object.keys(ACTIONS);

const Step = z
  .strictObject({
    /** Which satellites: an id, several, or `all`. The first one if absent. */
    on: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    ...z.object(ACTIONS).partial().shape,
  })
  .refine((step) => NAMES.filter((name) => name in step).length === 1, {
    error: `a step does exactly one of ${NAMES.join(", ")}`,
  });
export type Step = z.infer<typeof Step>;

const Scenario = z
  .strictObject({
    name: z.string().min(1),
    satellites: z
      .array(
        z.strictObject({
          id: z.string().min(1),
          room: z.string().optional(),
          name: z.string().optional(),
          dialect: z.enum(["hearth", "plain", "flat"]).default("hearth"),
          reconnect: z.boolean().default(false),
          frame_ms: z.number().min(1).max(1000).default(20),
          speaker_buffer_ms: z.int().min(20).max(60_000).default(500),
          echo: z.number().min(0).max(1).default(0),
        }),
      )
      .min(1)
      .default([
        { id: "sim", dialect: "hearth", reconnect: false, frame_ms: 20, speaker_buffer_ms: 500, echo: 0 },
      ]),
    steps: z.array(Step).min(1),
  })
  .superRefine((scenario, context) => {
    const ids = new Set(scenario.satellites.map(({ id }) => id));
    if (ids.size < scenario.satellites.length) {
      context.addIssue({ code: "custom", path: ["satellites"], message: "two satellites have the same id" });
    }
    for (const [i, step] of scenario.steps.entries()) {
      const unknown = [step.on ?? []].flat().find((id) => id !== "all" && !ids.has(id));
      if (unknown === undefined) continue;
      context.addIssue({
        code: "custom",
        path: ["steps", i, "on"],
        message: `there is no satellite "${unknown}"`,
      });
    }
  });
export type Scenario = z.infer<typeof Scenario>;

/** A scenario, or what is wrong with it: one line for each problem, with where it is. */
export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: string };

/** Read a scenario from YAML. Never throws. */
export function parseScenario(yaml: string): ParsedScenario {
  let json: unknown;
  try {
    json = parseYaml(yaml);
  } catch (cause) {
    return { ok: false, problems: cause instanceof Error ? cause.message : "not YAML" };
  }
  const parsed = Scenario.safeParse(json);
  if (parsed.success) return { ok: true, scenario: parsed.data };
  return { ok: false, problems: z.prettifyError(parsed.error) };
}
