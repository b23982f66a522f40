import { BitReader } from "./bit-reader.ts";

/** The bytes are no bzip2 stream, or a damaged one. */
export class Bzip2Error extends Error {
  override readonly name = "Bzip2Error";
}

/** Symbols coded with one Huffman table before the next is chosen; fixed by the format. */
const GROUP_SYMBOLS = 50;

/** Longest Huffman code of the format. */
const MAX_CODE_BITS = 20;

/**
 * Decompress bzip2, block by block.
 *
 * Written out here so that models can be unpacked where neither tar nor bzip2 is installed. Yields blocks of at most
 * about 46 MB (900 kB of run-length coded data; in practice under 1 MB), each a buffer of its own, after its checksum
 * was found right. Streams that follow one another are read as one.
 *
 * @throws {Bzip2Error} when the data is damaged, cut short or not bzip2.
 */
export function* bunzip2(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  const reader = new BitReader(chunks, () => new Bzip2Error("the data ends too early"));
  let first = true;
  while (first || !reader.atEnd()) {
    if (reader.bits(16) !== 0x425a || reader.bits(8) !== 0x68) throw new Bzip2Error("this is no bzip2 data");
    const level = reader.bits(8) - 0x30;
    if (level < 1 || level > 9) throw new Bzip2Error("this is no bzip2 data");
    first = false;
    yield* stream(reader, level * 100_000);
  }
}

function* stream(reader: BitReader, blockSize: number): Generator<Uint8Array> {
  const tree = new Uint32Array(blockSize);
  let total = 0;
  for (;;) {
    const magic = reader.bits(24) * 2 ** 24 + reader.bits(24);
    const expected = ((reader.bits(16) << 16) | reader.bits(16)) >>> 0;
    if (magic === 0x177245385090) {
      if (total !== expected) throw new Bzip2Error("the checksum of the whole is wrong");
      reader.align();
      return;
    }
    if (magic !== 0x314159265359) throw new Bzip2Error("a block does not begin where it should");
    const block = decodeBlock(reader, tree);
    if (checksum(block) !== expected) throw new Bzip2Error("the checksum of a block is wrong");
    total = (((total << 1) | (total >>> 31)) ^ expected) >>> 0;
    yield block;
  }
}

function decodeBlock(reader: BitReader, tree: Uint32Array): Uint8Array {
  if (reader.bits(1) === 1)
    throw new Bzip2Error("randomised blocks, of bzip2 before 0.9.5, are not supported");
  const origin = reader.bits(24);
  const symbols = usedSymbols(reader);
  const alphabet = symbols.length + 2;
  const tableCount = reader.bits(3);
  const selectors = readSelectors(reader, tableCount);
  const tables = Array.from({ length: tableCount }, () => new HuffmanTable(readLengths(reader, alphabet)));
  const { length, counts } = moveToFront(reader, symbols, selectors, tables, tree);
  if (origin >= length) throw new Bzip2Error("a block's origin lies outside it");
  return runLengths(unsort(tree, length, counts, origin), length);
}

function usedSymbols(reader: BitReader): Uint8Array {
  const groups = reader.bits(16);
  const used: number[] = [];
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x8000 >> group)) === 0) continue;
    const members = reader.bits(16);
    for (let member = 0; member < 16; member++) {
      if ((members & (0x8000 >> member)) !== 0) used.push(group * 16 + member);
    }
  }
  if (used.length === 0) throw new Bzip2Error("a block uses no symbols");
  return Uint8Array.from(used);
}

function readSelectors(reader: BitReader, tableCount: number): Uint8Array {
  const count = reader.bits(15);
  if (tableCount < 2 || tableCount > 6 || count === 0) throw new Bzip2Error("a block's tables are damaged");
  const recent = Array.from({ length: tableCount }, (_, at) => at);
  return Uint8Array.from({ length: count }, () => {
    let at = 0;
    while (reader.bits(1) === 1) at += 1;
    const [table] = recent.splice(at, 1);
    if (table === undefined) throw new Bzip2Error("a block's tables are damaged");
    recent.unshift(table);
    return table;
  });
}

function readLengths(reader: BitReader, alphabet: number): Uint8Array {
  let length = reader.bits(5);
  return Uint8Array.from({ length: alphabet }, () => {
    while (reader.bits(1) === 1) length += reader.bits(1) === 1 ? -1 : 1;
    if (length < 1 || length > MAX_CODE_BITS) throw new Bzip2Error("a block's code lengths are damaged");
    return length;
  });
}

/** Canonical Huffman codes, decoded by comparing with the last code of each length. */
class HuffmanTable {
  readonly #limit = new Int32Array(MAX_CODE_BITS + 2).fill(-1);
  readonly #offset = new Int32Array(MAX_CODE_BITS + 2);
  readonly #symbols: Uint16Array;
  readonly #shortest: number;

  constructor(lengths: Uint8Array) {
    this.#shortest = Math.min(...lengths);
    const order = Array.from(lengths.keys()).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
    this.#symbols = Uint16Array.from(order);
    let code = 0;
    let index = 0;
    for (let bits = this.#shortest; bits <= MAX_CODE_BITS; bits++) {
      this.#offset[bits] = index - code;
      while (index < order.length && lengths[order[index] ?? 0] === bits) {
        index += 1;
        code += 1;
      }
      this.#limit[bits] = code - 1;
      code <<= 1;
    }
  }

  decode(reader: BitReader): number {
    let bits = this.#shortest;
    let code = reader.bits(bits);
    while (code > (this.#limit[bits] ?? -1)) {
      if (bits === MAX_CODE_BITS) throw new Bzip2Error("a code is damaged");
      code = (code << 1) | reader.bits(1);
      bits += 1;
    }
    return this.#symbols[code + (this.#offset[bits] ?? 0)] ?? 0;
  }
}

/** Decode runs and recently-used ranks into `tree`'s low bytes; count how often each byte occurs. */
function moveToFront(
  reader: BitReader,
  symbols: Uint8Array,
  selectors: Uint8Array,
  tables: readonly HuffmanTable[],
  tree: Uint32Array,
): { readonly length: number; readonly counts: Uint32Array } {
  const recent = symbols.slice();
  const counts = new Uint32Array(256);
  const endOfBlock = symbols.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  for (let group = 0; ; group++) {
    const table = tables[selectors[group] ?? -1];
    if (!table) throw new Bzip2Error("a block has too few selectors");
    for (let left = GROUP_SYMBOLS; left > 0; left--) {
      const symbol = table.decode(reader);
      if (symbol <= 1) {
        // Two symbols are the digits of a run's length, in a base 2 without zero.
        run += weight << symbol;
        weight <<= 1;
        if (run > tree.length) throw new Bzip2Error("a run is longer than its block");
        continue;
      }
      if (run > 0) {
        if (length + run > tree.length) throw new Bzip2Error("a block is too long");
        const byte = recent[0] ?? 0;
        tree.fill(byte, length, length + run);
        counts[byte] = (counts[byte] ?? 0) + run;
        length += run;
        run = 0;
        weight = 1;
      }
      if (symbol === endOfBlock) return { length, counts };
      if (length >= tree.length) throw new Bzip2Error("a block is too long");
      const rank = symbol - 1;
      const byte = recent[rank] ?? 0;
      recent.copyWithin(1, 0, rank);
      recent[0] = byte;
      tree[length++] = byte;
      counts[byte] = (counts[byte] ?? 0) + 1;
    }
  }
}

/** Undo the Burrows-Wheeler sorting. */
function unsort(tree: Uint32Array, length: number, counts: Uint32Array, origin: number): Uint8Array {
  const next = new Uint32Array(256);
  for (let byte = 1; byte < 256; byte++) next[byte] = (next[byte - 1] ?? 0) + (counts[byte - 1] ?? 0);
  for (let index = 0; index < length; index++) {
    const byte = (tree[index] ?? 0) & 0xff;
    const place = next[byte] ?? 0;
    next[byte] = place + 1;
    tree[place] = (tree[place] ?? 0) | (index << 8);
  }
  const plain = new Uint8Array(length);
  let at = (tree[origin] ?? 0) >>> 8;
  for (let index = 0; index < length; index++) {
    const entry = tree[at] ?? 0;
    plain[index] = entry & 0xff;
    at = entry >>> 8;
  }
  return plain;
}

/** Expand four equal bytes and a count into a run. */
function runLengths(coded: Uint8Array, length: number): Uint8Array {
  let size = 0;
  const each = (emit: (byte: number, times: number) => void) => {
    let same = 0;
    let last = -1;
    for (let index = 0; index < length; index++) {
      const byte = coded[index] ?? 0;
      if (same === 4) {
        emit(last, byte);
        same = 0;
        last = -1;
        continue;
      }
      same = byte === last ? same + 1 : 1;
      last = byte;
      emit(byte, 1);
    }
  };
  each((_, times) => {
    size += times;
  });
  const plain = new Uint8Array(size);
  let at = 0;
  each((byte, times) => {
    if (times === 1) plain[at] = byte;
    else plain.fill(byte, at, at + times);
    at += times;
  });
  return plain;
}

/** CRC-32 with the most significant bit first, as bzip2 has it. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function checksum(bytes: Uint8Array): number {
  let crc = -1;
  for (let index = 0; index < bytes.length; index++) {
    crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
