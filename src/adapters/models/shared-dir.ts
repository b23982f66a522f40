import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The folder of models beside the repository, if there is one and Hearth runs from source. */
export function sharedModels(): string | undefined {
  const folder = resolve(import.meta.dir, "../../../../shared/models");
  // Inside the executable, modules lie on a file system of their own.
  return import.meta.dir.includes("$bunfs") || !existsSync(folder) ? undefined : folder;
}
