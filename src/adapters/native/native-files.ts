import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EngineError } from "#core/faults.ts";
import { embeddedFile } from "./embedded.ts";
import { extractTogether } from "./extract.ts";

/**
 * Where the native engines' files are: inside the executable (extracted to a cache when a real path is needed),
 * else in node_modules.
 */

/** Absolute paths of sherpa-onnx's libraries; they lie in one directory, as their run path `$ORIGIN` wants. */
export interface SherpaLibraries {
  readonly addon: string;
  readonly onnxRuntime: string;
}

const ADDON = "sherpa-onnx.node";
const C_API = "libsherpa-onnx-c-api.so";
const ONNX_RUNTIME = "libonnxruntime.so";
const SILERO = "silero_vad_v5.onnx";
const ESPEAK_DATA = "espeak-ng.data";

/** @throws {EngineError} `unavailable` when they are neither embedded nor installed, or cannot be extracted. */
export async function sherpaLibraries(engine: string, cacheDir: string): Promise<SherpaLibraries> {
  const embedded = [ADDON, C_API, ONNX_RUNTIME].map(embeddedFile).filter((file) => file !== undefined);
  let directory: string;
  if (embedded.length === 3) {
    directory = await extracted(engine, embedded, cacheDir);
  } else {
    const platform = `sherpa-onnx-${process.platform}-${process.arch}`;
    // Through sherpa-onnx-node, whose optional dependency the platform's package is.
    const found = installed(engine, "sherpa-onnx-node", `${platform}/${ADDON}`);
    directory = dirname(found);
  }
  return { addon: join(directory, ADDON), onnxRuntime: join(directory, ONNX_RUNTIME) };
}

/** Path of the Silero voice-activity model, version 5. @throws {EngineError} `unavailable` as above. */
export async function sileroModel(engine: string, cacheDir: string): Promise<string> {
  const file = embeddedFile(SILERO);
  if (file) return join(await extracted(engine, [file], cacheDir), SILERO);
  return join(dirname(installed(engine, "@ricky0123/vad-web")), SILERO);
}

/** espeak-ng's voices and dictionaries, 24 MB. @throws {EngineError} `unavailable` when they are not there. */
export async function espeakData(engine: string): Promise<ArrayBuffer> {
  const file = embeddedFile(ESPEAK_DATA);
  if (file) return await file.contents.arrayBuffer();
  const path = join(dirname(installed(engine, "@echogarden/espeak-ng-emscripten")), ESPEAK_DATA);
  return await Bun.file(path).arrayBuffer();
}

async function extracted(
  engine: string,
  files: Parameters<typeof extractTogether>[0],
  cacheDir: string,
): Promise<string> {
  try {
    return await extractTogether(files, cacheDir);
  } catch (cause) {
    throw new EngineError(engine, "unavailable", `its files cannot be extracted to ${cacheDir}`, { cause });
  }
}

/** Resolve a package's entry, and from there a file of a package it depends on. */
function installed(engine: string, name: string, then?: string): string {
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const path = then === undefined ? entry : createRequire(entry).resolve(then);
    if (existsSync(path)) return path;
  } catch (cause) {
    throw new EngineError(engine, "unavailable", `${then ?? name} is not installed`, { cause });
  }
  throw new EngineError(engine, "unavailable", `${then ?? name} is not installed`);
}
