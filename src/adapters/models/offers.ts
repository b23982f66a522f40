import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { OfferedFile } from "./assemble.ts";
import { bunzip2 } from "./bunzip2.ts";
import { filesBelow, RECORD_NAME } from "./record.ts";
import { type TarPart, untar } from "./untar.ts";

/** 1 MiB a read. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The files of a tar.bz2, in its order, without its outermost folder.
 *
 * Each file's content must be read before the next file is asked for; what is not read is skipped.
 */
export function* archiveFiles(path: string, onRead: (bytes: number) => void): Generator<OfferedFile> {
  const parts = untar(bunzip2(contentOf(path, onRead)));
  let part = parts.next();
  while (!part.done) {
    const { value } = part;
    if (value.kind !== "file") {
      part = parts.next();
      continue;
    }
    let following: IteratorResult<TarPart> | undefined;
    const chunks = function* () {
      for (let next = parts.next(); ; next = parts.next()) {
        following = next;
        if (next.done || next.value.kind !== "data") return;
        yield next.value.data;
      }
    };
    yield { path: value.path.replace(/^[^/]+\//, ""), bytes: value.bytes, chunks };
    part = following ?? parts.next();
  }
}

/** The files below a folder. */
export function* folderFiles(folder: string): Generator<OfferedFile> {
  for (const path of filesBelow(folder)) {
    if (path === RECORD_NAME) continue;
    const full = join(folder, path);
    yield { path, bytes: statSync(full).size, chunks: () => contentOf(full, () => undefined) };
  }
}

function* contentOf(path: string, onRead: (bytes: number) => void): Generator<Uint8Array> {
  const handle = openSync(path, "r");
  let bytes = 0;
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const read = readSync(handle, buffer);
      if (read === 0) return;
      bytes += read;
      onRead(bytes);
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(handle);
  }
}
