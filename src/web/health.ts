/** One role's engine, as `/health` tells it. */
export interface ProviderHealth {
  /** The engine that answers now; `none` when no engine is configured. */
  readonly provider: string;
  readonly status: "ok" | "degraded" | "unavailable";
  /** Why it is not `ok`, as a sentence for the owner. */
  readonly detail?: string;
}

/**
 * The answer of `GET /health`.
 *
 * Always HTTP 200 while the hub runs, as the client contract says; whether everything works is told by `status`.
 * It names no person, satellite, address or token: the endpoint is open to everyone who reaches the hub.
 */
export interface HealthReport {
  readonly status: "ok" | "degraded";
  /** What is wrong and what to do, one sentence each; empty exactly when `status` is `ok`. */
  readonly reasons: readonly string[];
  readonly version: string;
  readonly providers: {
    readonly stt: ProviderHealth;
    readonly llm: ProviderHealth;
    readonly tts: ProviderHealth;
  };
  readonly memory: { readonly facts_count: number; readonly has_conversations: boolean };
  readonly tools: readonly string[];
  readonly skills: readonly string[];
  readonly transport: {
    readonly enabled: boolean;
    readonly transports: readonly string[];
    readonly connections: number;
  };
}

/** What the hub knows; `healthReport` draws the conclusion. */
export type HealthFacts = Omit<HealthReport, "status" | "reasons">;

/**
 * Draw the conclusion: degraded when any role's engine is not ok, or for one of `problems`, which are sentences
 * about anything else (the disk, the engine host).
 */
export function healthReport(facts: HealthFacts, problems: readonly string[] = []): HealthReport {
  const reasons = [...problems];
  for (const [role, provider] of Object.entries(facts.providers)) {
    if (provider.status === "ok") continue;
    reasons.push(provider.detail ?? `The ${role} engine ${provider.provider} is ${provider.status}.`);
  }
  return { status: reasons.length === 0 ? "ok" : "degraded", reasons, ...facts };
}
