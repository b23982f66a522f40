/** The bytes are no tar archive, or a damaged or dangerous one. */
export class TarError extends Error {
  override readonly name = "TarError";
}

/** Size of a tar block; fixed by the format. */
const BLOCK_BYTES = 512;

/** A header that holds a long name or attributes is read into memory: so much and no more. */
const MAX_META_BYTES = 1024 * 1024;

/** What of an archive arrives: a regular file begins, or more bytes of it. */
export type TarPart =
  | {
      readonly kind: "file";
      /** With forward slashes; never absolute and never with `..`. */
      readonly path: string;
      readonly bytes: number;
    }
  | {
      readonly kind: "data";
      /** A view; valid until the next part is asked for. */
      readonly data: Uint8Array;
    };

/**
 * Read a tar archive: ustar, with the long names of GNU and pax.
 *
 * Only regular files are told of; folders follow from their paths, and links and devices have no place in a model.
 *
 * @throws {TarError} when it is damaged, cut short, or names a file outside itself.
 */
export function* untar(chunks: Iterable<Uint8Array>): Generator<TarPart> {
  const input = new ByteQueue(chunks);
  let longName: string | undefined;
  for (;;) {
    const header = input.take(BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return;
    checkHeader(header);
    const bytes = sizeIn(header);
    const padding = (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "L" || type === "x") {
      if (bytes > MAX_META_BYTES) throw new TarError("a name is too long");
      const meta = new TextDecoder().decode(input.take(bytes));
      longName = type === "L" ? meta.replace(/\0.*$/s, "") : (paxPath(meta) ?? longName);
      input.take(padding);
      continue;
    }
    const path = longName ?? nameIn(header);
    longName = undefined;
    const isFile = type === "0" || type === "\0" || type === "7";
    if (isFile) yield { kind: "file", path: safePath(path), bytes };
    for (let left = bytes; left > 0; ) {
      const data = input.some(left);
      left -= data.length;
      if (isFile) yield { kind: "data", data };
    }
    input.take(padding);
  }
}

function checkHeader(header: Uint8Array): void {
  const written = octal(header.subarray(148, 156));
  let sum = 0;
  // The checksum counts its own field as spaces.
  for (let at = 0; at < BLOCK_BYTES; at++) sum += at >= 148 && at < 156 ? 0x20 : (header[at] ?? 0);
  if (sum !== written) throw new TarError("a header's checksum is wrong");
}

function sizeIn(header: Uint8Array): number {
  const field = header.subarray(124, 136);
  // GNU writes sizes from 8 GB on in base 256; no model is that large.
  if ((field[0] ?? 0) & 0x80) throw new TarError("a file is too large");
  return octal(field);
}

function octal(field: Uint8Array): number {
  const digits = textOf(field).trim();
  if (!/^[0-7]*$/.test(digits)) throw new TarError("a header is damaged");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function nameIn(header: Uint8Array): string {
  const name = textOf(header.subarray(0, 100));
  const prefix = textOf(header.subarray(257, 262)) === "ustar" ? textOf(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textOf(field: Uint8Array): string {
  return new TextDecoder().decode(field).replace(/\0.*$/s, "");
}

/** The `path` among pax attributes, each written as `<length> <key>=<value>\n`. */
function paxPath(attributes: string): string | undefined {
  return /^\d+ path=(.*)$/m.exec(attributes)?.[1];
}

function safePath(path: string): string {
  const steps = path.split("/").filter((step) => step !== "." && step !== "");
  if (path.startsWith("/") || path.includes("\\") || steps.includes("..") || steps.length === 0) {
    throw new TarError("a file's path leads outside the archive");
  }
  return steps.join("/");
}

/** Bytes in, in chunks of any size; bytes out, in the sizes wanted. */
class ByteQueue {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  /** At least one and at most `most` bytes; a view. */
  some(most: number): Uint8Array {
    while (this.#chunk.length === 0) {
      const next = this.#chunks.next();
      if (next.done) throw new TarError("the archive ends too early");
      this.#chunk = next.value;
    }
    const taken = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  /** Exactly `count` bytes; a copy. */
  take(count: number): Uint8Array {
    const taken = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const part = this.some(count - at);
      taken.set(part, at);
      at += part.length;
    }
    return taken;
  }
}
