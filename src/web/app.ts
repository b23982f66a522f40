import { Hono } from "hono";
import type { Log } from "#ports/log.ts";
import type { HealthReport } from "./health.ts";

export interface AppDeps {
  /** Asked on every `GET /health`; must answer at once. */
  health(): HealthReport;
  readonly log: Log;
}

/** The hub's HTTP routes. Every error is JSON: `{error}` with a sentence. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();

  app.get("/health", (context) => {
    context.header("cache-control", "no-store");
    return context.json(deps.health());
  });

  app.get("/", (context) => {
    const { version, status, reasons } = deps.health();
    const lines = [
      `Hearth ${version} is running. Status: ${status}.`,
      ...reasons.map((reason) => `- ${reason}`),
      "",
      "Satellites connect to /ws/satellite, monitors read /health.",
      "",
    ];
    return context.text(lines.join("\n"));
  });

  app.notFound((context) => context.json({ error: "There is nothing at this address." }, 404));
  app.onError((error, context) => {
    // The message of an unforeseen error may hold what a person said: it goes neither out nor into the log.
    deps.log.error("an HTTP route failed", { route: context.req.path, error: error.name });
    return context.json({ error: "The hub could not answer this request." }, 500);
  });
  return app;
}
