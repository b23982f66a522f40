import type { Core, CorePart, CoreRequest } from "#ports/core.ts";

/** What the scripted assistant does with one utterance. */
export type CoreScript =
  | { readonly kind: "reply"; readonly text: string; readonly asks?: boolean }
  | { readonly kind: "stop" }
  | { readonly kind: "failure"; readonly error: Error }
  /** Say nothing until aborted. */
  | { readonly kind: "hang" };

/** An assistant that answers from a function of the text, and remembers what it was asked and told. */
export class ScriptedCore implements Core {
  readonly requests: CoreRequest[] = [];
  /** What it was told of how much was heard, by turn. */
  readonly heard = new Map<string, string>();
  readonly #script: (text: string) => CoreScript;

  constructor(script: (text: string) => CoreScript) {
    this.#script = script;
  }

  async *process(request: CoreRequest, signal: AbortSignal): AsyncGenerator<CorePart, void, undefined> {
    signal.throwIfAborted();
    this.requests.push(request);
    const script = this.#script(request.text);
    yield { kind: "decision", by: "intent", intent: "scripted", reason: "the test said so" };
    switch (script.kind) {
      case "reply":
        for (const word of script.text.split(/(?<= )/)) yield { kind: "text-delta", text: word };
        break;
      case "stop":
        yield { kind: "effect", effect: { kind: "stop" } };
        break;
      case "failure":
        throw script.error;
      case "hang":
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
        break;
      default:
        script satisfies never;
    }
    signal.throwIfAborted();
    yield { kind: "end", asks: script.kind === "reply" && script.asks === true };
  }

  played(turnId: string, heardText: string): void {
    this.heard.set(turnId, heardText);
  }
}
