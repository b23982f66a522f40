import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The file in a model's folder that says where it came from and what it was then. */
export const RECORD_NAME = "hearth-model.json";

const ModelRecord = z.object({
  id: z.string(),
  source: z.string(),
  /** By path inside the folder, with forward slashes. */
  files: z.record(
    z.string(),
    z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) }),
  ),
});

/** What was recorded when a model was installed. */
export type ModelRecord = z.output<typeof ModelRecord>;

/** The record of the model in `folder`; `undefined` when there is none or it is damaged. */
export function readRecord(folder: string): ModelRecord | undefined {
  try {
    return ModelRecord.parse(JSON.parse(readFileSync(join(folder, RECORD_NAME), "utf8")));
  } catch {
    return undefined;
  }
}

/** Write the record, whole or not at all. */
export function writeRecord(folder: string, record: ModelRecord): void {
  const path = join(folder, RECORD_NAME);
  writeFileSync(`${path}.part`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${path}.part`, path);
}

/** Every file below `folder`, as sorted paths with forward slashes. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}
