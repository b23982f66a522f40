/**
 * WebSocket frames (RFC 6455 section 5), the client's side.
 *
 * The simulator carries its own client because a virtual satellite must misbehave below the level a WebSocket
 * library exposes: stop reading, stop writing, send half a frame.
 */

/** Frame types of RFC 6455 section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame as received, payload unmasked and owned by the receiver. */
export interface WebSocketFrame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Encode one whole, masked client frame. `mask` is any 32-bit number; the server undoes it. */
export function encodeClientFrame(opcode: number, payload: Uint8Array, mask: number): Uint8Array {
  const length = payload.byteLength;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = new Uint8Array(2 + extended + 4 + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80 | opcode;
  bytes[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  const maskAt = 2 + extended;
  view.setUint32(maskAt, mask >>> 0);
  const body = maskAt + 4;
  for (let i = 0; i < length; i++) bytes[body + i] = (payload[i] ?? 0) ^ (bytes[maskAt + (i & 3)] ?? 0);
  return bytes;
}

/** A frame longer than this is refused: nothing the hub sends comes near it. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** Cuts a byte stream into WebSocket frames, whatever the chunking. */
export class FrameReader {
  #pending = new Uint8Array(0);

  /**
   * Add bytes; call `emit` for every frame they complete.
   *
   * @throws {Error} when a frame claims more than 16 MiB; the stream is useless after that.
   */
  push(bytes: Uint8Array, emit: (frame: WebSocketFrame) => void): void {
    let data = bytes;
    if (this.#pending.byteLength > 0) {
      data = new Uint8Array(this.#pending.byteLength + bytes.byteLength);
      data.set(this.#pending);
      data.set(bytes, this.#pending.byteLength);
    }
    let at = 0;
    for (;;) {
      const header = readHeader(data, at);
      if (!header || at + header.bytes + header.length > data.byteLength) break;
      const from = at + header.bytes;
      const payload = data.slice(from, from + header.length);
      if (header.mask)
        for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (header.mask[i & 3] ?? 0);
      at = from + header.length;
      emit({ final: header.final, opcode: header.opcode, payload });
    }
    this.#pending = data.slice(at);
  }
}

interface Header {
  readonly final: boolean;
  readonly opcode: number;
  readonly bytes: number;
  readonly length: number;
  readonly mask: Uint8Array | undefined;
}

function readHeader(data: Uint8Array, at: number): Header | undefined {
  const view = new DataView(data.buffer, data.byteOffset + at, data.byteLength - at);
  if (view.byteLength < 2) return undefined;
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = (second & 0x80) !== 0;
  const bytes = 2 + extended + (masked ? 4 : 0);
  if (view.byteLength < bytes) return undefined;
  const length = extended === 0 ? short : extended === 2 ? view.getUint16(2) : Number(view.getBigUint64(2));
  if (length > MAX_PAYLOAD_BYTES) throw new Error(`a WebSocket frame of ${length} bytes was announced`);
  const mask = masked ? data.subarray(at + 2 + extended, at + 6 + extended) : undefined;
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, bytes, length, mask };
}
