import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  catalogue,
  type ModelEntry,
  type ModelFile,
  type ModelRole,
  UPSTREAM_KWS_ENCODER,
} from "./catalogue.ts";
import { FileHashes } from "./hash.ts";
import { filesBelow, type ModelRecord, readRecord } from "./record.ts";

/** Whether a model can be used, and if not, why. */
export type ModelStatus =
  /** Every file is there and is the one it should be. `files`: absolute paths by {@link ModelFile.key}. */
  | {
      readonly kind: "ready";
      readonly entry: ModelEntry;
      readonly folder: string;
      readonly files: Readonly<Record<string, string>>;
    }
  /** Part of Hearth; nothing on disk. */
  | { readonly kind: "bundled"; readonly entry: ModelEntry }
  /** Not installed, or not wholly. */
  | { readonly kind: "missing"; readonly entry: ModelEntry; readonly reason: string }
  /** A file is not the one it should be: it must not be loaded. */
  | {
      readonly kind: "refused";
      readonly entry: ModelEntry;
      readonly folder: string;
      readonly reason: string;
    };

/** Where models are looked for. */
export interface ModelPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; models are in its `models`, and what is known of their hashes in its `model-hashes.json`. */
  readonly dataDir: string | undefined;
  /** A further folder of models, when running from source; looked at last. */
  readonly sharedDir?: string | undefined;
  /** Read every file again instead of trusting what is remembered of untouched ones. Default false. */
  readonly rehash?: boolean;
}

/** Folders of models, the one to prefer first. `HEARTH_MODELS` is the only one where it is set. */
export function modelRoots(places: ModelPlaces): readonly string[] {
  const { HEARTH_MODELS: named } = places.env;
  if (named) return [named];
  const own = places.dataDir === undefined ? [] : [join(places.dataDir, "models")];
  return places.sharedDir === undefined ? own : [...own, places.sharedDir];
}

/**
 * Look for every model of the catalogue and check it.
 *
 * A model is taken from the first root that has its folder; SHA-256 is checked of every file of it. Hashes of files
 * that were not touched since are remembered, so that a start reads no model twice. Nothing is written but that
 * memory.
 */
export function findModels(places: ModelPlaces): readonly ModelStatus[] {
  const memory = places.dataDir === undefined ? undefined : join(places.dataDir, "model-hashes.json");
  const hashes = new FileHashes(places.rehash ? undefined : memory);
  const roots = modelRoots(places);
  const found = catalogue.map((entry) => statusOf(entry, roots, hashes));
  hashes.save();
  return found;
}

/** The first usable model for a role, in the order of the catalogue, optionally for a language (`en` fits `en-US`). */
export function readyModel(
  models: readonly ModelStatus[],
  role: ModelRole,
  language?: string,
): Extract<ModelStatus, { kind: "ready" }> | undefined {
  const primary = language?.split("-")[0];
  return models.find((model): model is Extract<ModelStatus, { kind: "ready" }> => {
    if (model.kind !== "ready" || !model.entry.roles.includes(role)) return false;
    return primary === undefined || model.entry.languages.some((tag) => tag.split("-")[0] === primary);
  });
}

function statusOf(entry: ModelEntry, roots: readonly string[], hashes: FileHashes): ModelStatus {
  if (entry.source.kind === "bundled") return { kind: "bundled", entry };
  const folder = roots.map((root) => join(root, entry.folder)).find((candidate) => existsSync(candidate));
  if (folder === undefined) {
    return { kind: "missing", entry, reason: `Not installed. Run "hearth models pull ${entry.id}".` };
  }
  return checkFolder(entry, folder, hashes);
}

/** Check the files of one model in one folder. */
export function checkFolder(entry: ModelEntry, folder: string, hashes: FileHashes): ModelStatus {
  const record = readRecord(folder);
  const files: Record<string, string> = {};
  for (const file of entry.files) {
    const checked = file.tree
      ? checkTree(file, folder, record, hashes)
      : checkFile(file, folder, record, hashes);
    if (checked.kind === "fine") files[file.key] = checked.path;
    else {
      const advice = `Run "hearth models pull ${entry.id}" to fetch it again.`;
      return { kind: checked.kind, entry, folder, reason: `${checked.reason} ${advice}` };
    }
  }
  return { kind: "ready", entry, folder, files };
}

type Checked =
  | { readonly kind: "fine"; readonly path: string }
  | { readonly kind: "missing" | "refused"; readonly reason: string };

function checkFile(
  file: ModelFile,
  folder: string,
  record: ModelRecord | undefined,
  hashes: FileHashes,
): Checked {
  const present = file.names.filter((name) => existsSync(join(folder, name)));
  if (present.length === 0) return { kind: "missing", reason: `${join(folder, file.names[0])} is missing.` };
  const refusals = present.map((name): Checked => {
    const expected = file.sha256 ?? record?.files[name]?.sha256;
    return checkHash(join(folder, name), expected, hashes);
  });
  return (
    refusals.find((checked) => checked.kind === "fine") ?? refusals[0] ?? { kind: "missing", reason: "" }
  );
}

function checkTree(
  file: ModelFile,
  folder: string,
  record: ModelRecord | undefined,
  hashes: FileHashes,
): Checked {
  const [name] = file.names;
  const root = join(folder, name);
  const expected = Object.entries(record?.files ?? {}).filter(([path]) => path.startsWith(`${name}/`));
  if (!existsSync(root)) return { kind: "missing", reason: `${root} is missing.` };
  if (expected.length === 0) return { kind: "refused", reason: `Nobody recorded what ${root} should hold.` };
  const extra = filesBelow(root).find((path) => !record?.files[`${name}/${path}`]);
  if (extra) return { kind: "refused", reason: `${join(root, extra)} does not belong there.` };
  for (const [path, { sha256 }] of expected) {
    const checked = checkHash(join(folder, path), sha256, hashes);
    if (checked.kind !== "fine") return checked;
  }
  return { kind: "fine", path: root };
}

function checkHash(path: string, expected: string | undefined, hashes: FileHashes): Checked {
  if (expected === undefined) return { kind: "refused", reason: `Nobody recorded what ${path} should be.` };
  let actual: string;
  try {
    actual = hashes.of(path).sha256;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    return { kind: code === "ENOENT" ? "missing" : "refused", reason: `${path} cannot be read (${code}).` };
  }
  if (actual === expected) return { kind: "fine", path };
  if (actual === UPSTREAM_KWS_ENCODER.sha256) {
    return { kind: "refused", reason: `${path} is the encoder as released, which crashes the engine.` };
  }
  return {
    kind: "refused",
    reason: `${path} is not the file it should be: its SHA-256 is ${actual.slice(0, 12)}…, not ${expected.slice(0, 12)}….`,
  };
}
