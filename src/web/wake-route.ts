import type { Hono } from "hono";
import { z } from "zod";
import { MAX_WAKE_PHRASE_LENGTH, MAX_WAKE_PHRASES, samePhrase, tidyPhrase } from "#core/wake-phrases.ts";
import type { WakeRating } from "#core/wake-rating.ts";
import type { WakePhrase } from "#ports/wake-word.ts";

/** The wake phrases and where they were set. */
export const WakeReport = z.object({
  phrases: z.array(z.object({ text: z.string(), sensitivity: z.number() })),
  /** `saved`: set while the hub ran, which wins over the configuration. */
  from: z.enum(["configuration", "saved"]),
});
export type WakeReport = z.output<typeof WakeReport>;

/** How a phrase would do. */
export const RatingReport = z.object({
  rating: z.enum(["good", "empty", "too-short", "too-long", "common", "unspellable"]),
  /** A sentence for the owner. */
  message: z.string(),
});

const WakeRequest = z.strictObject({
  phrases: z
    .array(
      z.strictObject({
        text: z.string().transform(tidyPhrase).pipe(z.string().min(1).max(MAX_WAKE_PHRASE_LENGTH)),
        sensitivity: z.number().min(0).max(1).default(0.5),
      }),
    )
    .max(MAX_WAKE_PHRASES),
});

export interface WakeRouteDeps {
  /** Whether the hub listens for this machine only: there is no token that admits an owner from elsewhere. */
  readonly isLocal: boolean;
  report(): WakeReport;
  /** Listen for these from now on. Rejects when they cannot be kept. */
  set(phrases: readonly WakePhrase[]): Promise<void>;
  rate(phrase: string): WakeRating;
}

const REFUSED =
  'Wake phrases can be read and changed only while the hub listens on this machine alone: set "server.host" to 127.0.0.1, or change "wake.phrases" in hearth.yaml.';

/** `GET` and `PUT /api/wake`, and `GET /api/wake/rating?phrase=…`. */
export function mountWake(app: Hono, deps: WakeRouteDeps): void {
  app.use("/api/wake/*", async (context, next) => {
    context.header("cache-control", "no-store");
    if (!deps.isLocal) return context.json({ error: REFUSED }, 403);
    return await next();
  });
  app.get("/api/wake", (context) => context.json(deps.report()));
  app.get("/api/wake/rating", (context) => {
    const rating = deps.rate((context.req.query("phrase") ?? "").slice(0, 4 * MAX_WAKE_PHRASE_LENGTH));
    return context.json({ rating: rating.kind, message: ratingText(rating) });
  });
  app.put("/api/wake", async (context) => {
    const request = WakeRequest.safeParse(await context.req.json().catch(() => undefined));
    if (!request.success) {
      return context.json({ error: `This is no list of phrases: ${z.prettifyError(request.error)}` }, 400);
    }
    const { phrases } = request.data;
    const problem = problemWith(phrases, deps);
    if (problem !== undefined) return context.json({ error: problem }, 400);
    await deps.set(phrases);
    return context.json(deps.report());
  });
}

function problemWith(phrases: readonly WakePhrase[], { rate }: WakeRouteDeps): string | undefined {
  for (const [index, { text }] of phrases.entries()) {
    const rating = rate(text);
    if (rating.kind === "unspellable") return ratingText(rating);
    if (phrases.slice(0, index).some((other) => samePhrase(other.text, text))) {
      return `"${text}" is listed twice.`;
    }
  }
  return undefined;
}

function ratingText(rating: WakeRating): string {
  switch (rating.kind) {
    case "good":
      return "This is a good phrase.";
    case "empty":
      return "Type a phrase.";
    case "too-short":
      return "This is too short: much of what is said sounds like it. Add a word, such as a name.";
    case "too-long":
      return "This is too long to be said in two seconds. Leave a word out.";
    case "common":
      return "These are common words that are said all day. Use a name or a rarer word.";
    case "unspellable":
      return `${rating.problem}. Write it in English letters, numbers as words.`;
    default:
      return rating satisfies never;
  }
}
