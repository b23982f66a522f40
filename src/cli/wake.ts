import { parseArgs } from "node:util";
import { z } from "zod";
import { samePhrase } from "#core/wake-phrases.ts";
import { RatingReport, WakeReport } from "#web/wake-route.ts";
import type { Command } from "./command.ts";

const DEFAULT_URL = "http://127.0.0.1:8765";
const ANSWER_MS = 10_000;
const ACTIONS = ["list", "set", "add", "remove", "rate"] as const;

/** See and change what wakes the satellites of a running hub. */
export const command: Command = {
  summary: "see and change the phrases that wake a running hub",
  usage: `hearth wake list | set "PHRASE"... | add "PHRASE" | remove "PHRASE" | rate "PHRASE"
            [--sensitivity N] [--url URL] [--json]

  list             the phrases listened for
  set              listen for these and no others, at once and after every restart
  add, remove      one more, one less
  rate             how well a phrase would do; exit code 1 unless it is good

  --sensitivity N  for set and add: 0 hardly ever fires, 1 fires easily (default 0.5)
  --url URL        the hub (default: HEARTH_URL, else ${DEFAULT_URL})
  --json           the hub's answer as JSON

The phrases are kept in wake.json of the hub's data directory and win over "wake.phrases" of the configuration;
remove the file to go back to those. The hub must listen on this machine alone (server.host).`,
  async run(argv) {
    const called = parsed(argv);
    if (typeof called === "string") {
      console.error(`hearth wake: ${called}\n\n${command.usage}`);
      return 2;
    }
    try {
      return await perform(called);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      console.error(`hearth wake: ${error.message}`);
      return 1;
    }
  },
};

interface Called {
  readonly action: (typeof ACTIONS)[number];
  readonly phrases: readonly string[];
  readonly sensitivity: number;
  readonly url: URL;
  readonly json: boolean;
}

/** The hub did not do it. The message is a sentence for the owner. */
class Refusal extends Error {}

function parsed(argv: readonly string[]): Called | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        sensitivity: { type: "string", default: "0.5" },
        url: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const [name = "list", ...phrases] = positionals;
    const action = ACTIONS.find((known) => known === name);
    if (!action) return `There is no "${name}".`;
    if (action === "list" && phrases.length > 0) return '"list" takes no phrase.';
    if (action !== "list" && action !== "set" && phrases.length !== 1) {
      return `"${action}" takes one phrase; put it in quotation marks.`;
    }
    const sensitivity = Number(values.sensitivity);
    if (!(sensitivity >= 0 && sensitivity <= 1)) return "--sensitivity takes a number from 0 to 1.";
    const { HEARTH_URL } = process.env;
    const address = values.url ?? HEARTH_URL ?? DEFAULT_URL;
    if (!URL.canParse(address) || !/^https?:/.test(address)) return `"${address}" is no http address.`;
    return { action, phrases, sensitivity, url: new URL(address), json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function perform({ action, phrases, sensitivity, url, json }: Called): Promise<number> {
  const [phrase = ""] = phrases;
  if (action === "rate") {
    const rating = await asked(url, `/api/wake/rating?phrase=${encodeURIComponent(phrase)}`, RatingReport);
    console.log(json ? JSON.stringify(rating) : `${rating.rating}: ${rating.message}`);
    return rating.rating === "good" ? 0 : 1;
  }
  let report = await asked(url, "/api/wake", WakeReport);
  const others = report.phrases.filter(({ text }) => !samePhrase(text, phrase));
  if (action === "remove" && others.length === report.phrases.length) {
    throw new Refusal(`"${phrase}" is not listened for.`);
  }
  if (action !== "list") {
    const wanted = phrases.map((text) => ({ text, sensitivity }));
    const next = action === "set" ? wanted : action === "add" ? [...others, ...wanted] : others;
    report = await asked(url, "/api/wake", WakeReport, { phrases: next });
  }
  if (json) console.log(JSON.stringify(report));
  else for (const line of lines(report)) console.log(line);
  return 0;
}

function lines({ phrases, from }: WakeReport): string[] {
  if (phrases.length === 0) return ["No phrase is listened for."];
  const origin = from === "saved" ? "set on the running hub" : "from the configuration";
  return [
    `Listening for (${origin}):`,
    ...phrases.map(({ text, sensitivity }) => `  ${text}  (sensitivity ${sensitivity})`),
  ];
}

async function asked<T>(url: URL, path: string, shape: z.ZodType<T>, body?: object): Promise<T> {
  const request = body === undefined ? {} : { method: "PUT", body: JSON.stringify(body) };
  let answer: unknown;
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      ...request,
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    answer = await response.json();
  } catch {
    throw new Refusal(
      `No hub answers at ${url.origin}. Start it with "hearth serve", or name it with --url.`,
    );
  }
  if (!response.ok) {
    const refused = z.object({ error: z.string() }).safeParse(answer);
    throw new Refusal(refused.success ? refused.data.error : `The hub answered ${response.status}.`);
  }
  const report = shape.safeParse(answer);
  if (!report.success) throw new Refusal(`What answers at ${url.origin} is no hub of this version.`);
  return report.data;
}
