import { existsSync } from "node:fs";
import { EngineError } from "#core/faults.ts";

/**
 * Refuse to start an engine whose files are not there: sherpa-onnx would end the process.
 *
 * @throws {EngineError} `unavailable`, naming the first missing file.
 */
export function checkFiles(engine: string, paths: readonly string[]): void {
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) throw new EngineError(engine, "unavailable", `${missing} is missing`);
}
