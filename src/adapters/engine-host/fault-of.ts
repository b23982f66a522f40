import { EngineError, type EngineFault } from "#core/faults.ts";

/**
 * What the hub may know of an error in the host.
 *
 * An engine error's words are safe by contract, and the hub names the engine itself. A bug's message may hold
 * anything, so only its class is told.
 */
export function faultOf(error: unknown): { readonly fault: EngineFault; readonly detail: string } {
  if (!(error instanceof EngineError)) {
    return { fault: "crashed", detail: error instanceof Error ? `threw ${error.name}` : "threw" };
  }
  const prefix = `${error.engine}: `;
  const { message, fault } = error;
  return { fault, detail: message.startsWith(prefix) ? message.slice(prefix.length) : message };
}
