import { CString, dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "#core/faults.ts";

/** The engine's name in errors and configuration. */
export const POCKETSPHINX = "pocketsphinx";

/** What an owner of Debian, Ubuntu or Raspberry Pi OS types to get what is missing. */
const INSTALL = "apt-get install libpocketsphinx3 pocketsphinx-en-us";

/** Where Debian's pocketsphinx-en-us puts the acoustic model, dictionary and language models. */
const MODEL_DIRECTORY = "/usr/share/pocketsphinx/model/en-us";

const { cstring, f32, i32, pointer, u64, void: nothing } = FFIType;

const SPHINXBASE_SYMBOLS = {
  cmd_ln_parse_r: { args: [pointer, pointer, i32, pointer, i32], returns: pointer },
  cmd_ln_free_r: { args: [pointer], returns: i32 },
  err_set_logfp: { args: [pointer], returns: nothing },
  jsgf_parse_string: { args: [pointer, pointer], returns: pointer },
  jsgf_get_public_rule: { args: [pointer], returns: pointer },
  jsgf_build_fsg: { args: [pointer, pointer, pointer, f32], returns: pointer },
  jsgf_grammar_free: { args: [pointer], returns: nothing },
  fsg_model_free: { args: [pointer], returns: i32 },
} as const;

const POCKETSPHINX_SYMBOLS = {
  ps_args: { args: [], returns: pointer },
  ps_init: { args: [pointer], returns: pointer },
  ps_free: { args: [pointer], returns: i32 },
  ps_get_logmath: { args: [pointer], returns: pointer },
  ps_set_fsg: { args: [pointer, pointer, pointer], returns: i32 },
  ps_set_kws: { args: [pointer, pointer, pointer], returns: i32 },
  ps_set_search: { args: [pointer, pointer], returns: i32 },
  ps_start_stream: { args: [pointer], returns: i32 },
  ps_start_utt: { args: [pointer], returns: i32 },
  ps_process_raw: { args: [pointer, pointer, u64, i32, i32], returns: i32 },
  ps_end_utt: { args: [pointer], returns: i32 },
  ps_get_hyp: { args: [pointer, pointer], returns: pointer },
  // Releases before 5 take a second, optional argument; an extra one is harmless to those that do not.
  ps_seg_iter: { args: [pointer, pointer], returns: pointer },
  ps_seg_next: { args: [pointer], returns: pointer },
  ps_seg_word: { args: [pointer], returns: cstring },
  ps_seg_frames: { args: [pointer, pointer, pointer], returns: nothing },
  ps_seg_prob: { args: [pointer, pointer, pointer, pointer], returns: i32 },
} as const;

function load() {
  // The order matters: libpocketsphinx needs libsphinxbase, and the loader finds both by soname.
  const base = dlopen("libsphinxbase.so.3", SPHINXBASE_SYMBOLS).symbols;
  const sphinx = dlopen("libpocketsphinx.so.3", POCKETSPHINX_SYMBOLS).symbols;
  // The library talks to stderr on every call, also about what it heard.
  base.err_set_logfp(null);
  return { ...base, ...sphinx };
}

/** The two libraries' functions. */
export type Libraries = ReturnType<typeof load>;

let loaded: Libraries | undefined;

/**
 * Load libpocketsphinx and libsphinxbase, once per process.
 *
 * @throws {EngineError} `unavailable` when they are not installed; the message says how to install them.
 */
export function pocketsphinxLibraries(): Libraries {
  try {
    loaded ??= load();
    return loaded;
  } catch (cause) {
    throw new EngineError(POCKETSPHINX, "unavailable", `its libraries are not installed; run: ${INSTALL}`, {
      cause,
    });
  }
}

/** The files of a US English model. */
export interface ModelFiles {
  readonly acoustic: string;
  readonly dictionary: string;
}

/**
 * Find the model's files in `directory`, by default where Debian puts them.
 *
 * @throws {EngineError} `unavailable` when one is missing; the message says how to install it.
 */
export function modelFiles(directory: string = MODEL_DIRECTORY): ModelFiles {
  const files = {
    acoustic: join(directory, "en-us"),
    dictionary: join(directory, "cmudict-en-us.dict"),
  };
  for (const path of Object.values(files)) {
    if (existsSync(path)) continue;
    throw new EngineError(POCKETSPHINX, "unavailable", `${path} is missing; run: ${INSTALL}`);
  }
  return files;
}

/** A NUL-terminated copy of `text`. The caller keeps it alive for as long as C may read it. */
export function cText(text: string): Buffer {
  return Buffer.from(`${text.replaceAll("\0", "")}\0`);
}

/** An address C gave out. bun:ffi gives numbers, and bigints for those a number cannot hold. */
export type Address = Pointer | bigint;

/** Copy a C string; undefined for a null pointer. */
export function textAt(address: Address | null): string | undefined {
  return address === null ? undefined : new CString(address as Pointer).toString();
}

/** A C `char *argv[]`, with the buffers that must outlive its use. */
export function argumentVector(list: readonly string[]): { vector: BigUint64Array; keep: Buffer[] } {
  const keep = list.map(cText);
  return { vector: BigUint64Array.from(keep, (text) => BigInt(ptr(text))), keep };
}
