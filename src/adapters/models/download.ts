import { type FileHandle, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { Clock } from "#ports/clock.ts";
import { diskError, ModelError } from "./model-error.ts";

/** What a download needs of the world. */
export interface DownloadDeps {
  readonly fetch: (
    url: string,
    init: { headers: Record<string, string>; signal: AbortSignal },
  ) => Promise<Response>;
  readonly clock: Clock;
}

/** Attempts in a row that bring not one byte before a download is given up. */
const MAX_FRUITLESS_ATTEMPTS = 5;

/** Wait before the second attempt; doubles with each. */
const FIRST_BACKOFF_MS = 1000;

/** The longest wait between attempts, also where a server asks for more. */
const MAX_BACKOFF_MS = 30_000;

/** A connection that brings nothing for so long is dead. */
const STALL_MS = 30_000;

/**
 * Fetch `url` into the file at `path`, going on where an earlier download stopped.
 *
 * What has arrived stays at `path` when the download fails or is aborted, with what names its version beside it in
 * `<path>.version`; the next call asks for the rest only, and begins again when the server has another version or
 * cannot serve parts. Attempts that bring something are repeated without end, others five times with growing pauses.
 *
 * On abort it rejects with the signal's reason.
 *
 * @throws {ModelError} `unavailable` when the server refuses, `unreachable` when it cannot be reached.
 */
export async function download(
  deps: DownloadDeps,
  url: string,
  path: string,
  options: {
    readonly signal: AbortSignal;
    /** Called with what has arrived and the whole size, as far as the server says it. */
    readonly onProgress: (bytes: number, total: number | undefined) => void;
  },
): Promise<void> {
  let fruitless = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const before = await sizeOf(path);
    const outcome = await attempt(deps, url, path, options);
    if (outcome.kind === "done") {
      await rm(`${path}.version`, { force: true });
      return;
    }
    if (outcome.kind === "final") throw outcome.error;
    fruitless = (await sizeOf(path)) > before ? 0 : fruitless + 1;
    if (fruitless >= MAX_FRUITLESS_ATTEMPTS) throw outcome.error;
    const backoffMs = outcome.retryAfterMs ?? FIRST_BACKOFF_MS * 2 ** Math.max(0, fruitless - 1);
    await deps.clock.sleep(Math.min(backoffMs, MAX_BACKOFF_MS), options.signal);
  }
}

type Attempt =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly error: ModelError; readonly retryAfterMs?: number | undefined }
  | { readonly kind: "final"; readonly error: ModelError };

async function attempt(
  deps: DownloadDeps,
  url: string,
  path: string,
  options: Parameters<typeof download>[3],
): Promise<Attempt> {
  const offset = await sizeOf(path);
  // One controller for the stall watch and the end of the attempt, so that no connection outlives it.
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  const stalled = watch(deps.clock, own);
  try {
    const response = await deps.fetch(url, { headers: await rangeHeaders(path, offset), signal });
    stalled.fed();
    const host = new URL(url).host;
    if (response.status === 416) {
      // Nothing is left to ask for when everything had arrived.
      const total = /^bytes \*\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
      return Number(total) === offset ? { kind: "done" } : await restart(path, host);
    }
    if (response.status !== 200 && response.status !== 206) return refusal(response, host);
    const place = placeOf(response, offset);
    if (!place) return await restart(path, host);
    await using file = await onDisk(path, async () => {
      if (place.from === 0) await writeFile(`${path}.version`, versionOf(response));
      return await open(path, place.from === 0 ? "w" : "r+");
    });
    const arrived = await receive(response, file, path, place, stalled, options.onProgress);
    if (place.total !== undefined && arrived !== place.total) return cut(host);
    return { kind: "done" };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ModelError) throw error;
    return { kind: "again", error: unreachable(new URL(url).host, error) };
  } finally {
    stalled.end();
    own.abort(new Error("the attempt is over"));
  }
}

/** Ends the attempt when nothing arrives for {@link STALL_MS}. */
function watch(clock: Clock, attempt: AbortController) {
  let feeding = new AbortController();
  const start = () => {
    clock.sleep(STALL_MS, feeding.signal).then(
      () => attempt.abort(new Error("nothing arrived for 30 s")),
      () => undefined, // Fed or ended.
    );
  };
  start();
  return {
    fed() {
      feeding.abort(new Error("fed"));
      feeding = new AbortController();
      start();
    },
    end() {
      feeding.abort(new Error("ended"));
    },
  };
}

async function receive(
  response: Response,
  file: FileHandle,
  path: string,
  place: { readonly from: number; readonly total: number | undefined },
  stalled: { fed(): void },
  onProgress: (bytes: number, total: number | undefined) => void,
): Promise<number> {
  let at = place.from;
  onProgress(at, place.total);
  if (!response.body) return at;
  for await (const chunk of response.body) {
    stalled.fed();
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await onDisk(path, () => file.write(chunk, done, chunk.length - done, at));
      done += bytesWritten;
      at += bytesWritten;
    }
    onProgress(at, place.total);
  }
  await file.truncate(at);
  return at;
}

/** Tell what the disk refuses from what the network does. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, path);
  }
}

async function rangeHeaders(path: string, offset: number): Promise<Record<string, string>> {
  // Compressed transfer would make offsets meaningless.
  const base = { "accept-encoding": "identity" };
  if (offset === 0) return base;
  const version = await readFile(`${path}.version`, "utf8").catch(() => "");
  const range = { ...base, range: `bytes=${offset}-` };
  return version === "" ? range : { ...range, "if-range": version };
}

/** A strong validator of this version, or nothing. */
function versionOf(response: Response): string {
  const tag = response.headers.get("etag");
  if (tag && !tag.startsWith("W/")) return tag;
  return response.headers.get("last-modified") ?? "";
}

/** Where the response's bytes go; `undefined` when it answers another question than was asked. */
function placeOf(
  response: Response,
  offset: number,
): { readonly from: number; readonly total: number | undefined } | undefined {
  if (response.status === 200) {
    const length = response.headers.get("content-length");
    return { from: 0, total: length === null ? undefined : Number(length) };
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (!range || Number(range[1]) !== offset) return undefined;
  return { from: offset, total: range[2] === "*" ? undefined : Number(range[2]) };
}

/** Forget what has arrived: it does not fit what the server has. */
async function restart(path: string, host: string): Promise<Attempt> {
  await rm(path, { force: true });
  await rm(`${path}.version`, { force: true });
  return { kind: "again", error: unreachable(host, undefined), retryAfterMs: 0 };
}

function cut(host: string): Attempt {
  return { kind: "again", error: unreachable(host, undefined), retryAfterMs: 0 };
}

function refusal(response: Response, host: string): Attempt {
  const { status } = response;
  const error = new ModelError(
    "unavailable",
    `${host} answered ${status} for the download. Try again later, or fetch it elsewhere and use --from.`,
  );
  if (status !== 408 && status !== 429 && status < 500) return { kind: "final", error };
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return { kind: "again", error, retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1000 };
}

function unreachable(host: string, cause: unknown): ModelError {
  return new ModelError(
    "unreachable",
    `The download from ${host} broke off and could not be taken up again. Check the network and run the command again: it goes on where it stopped.`,
    cause,
  );
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    (found) => found.size,
    () => 0,
  );
}
