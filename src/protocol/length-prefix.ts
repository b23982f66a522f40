/**
 * Cuts a byte stream into messages: u32 length, u8 kind, u32 stream, payload; all little-endian.
 *
 * `length` counts what follows it: 5 bytes of kind and stream, and the payload.
 */

/** Bytes in front of every payload. */
export const HEADER_BYTES = 9;
/** Kind and stream, which `length` counts together with the payload. */
export const LENGTH_OVERHEAD = 5;
/**
 * Largest payload. The longest real ones are a command grammar (tens of KB) and half a second of audio (16 KB);
 * 1 MiB is room enough and still small enough that garbage cannot ask for much.
 */
export const MAX_PAYLOAD_BYTES = 1 << 20;

/** The peer sent something that is no message. The stream cannot be trusted from here on. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Receives one message. `payload` is only valid during the call: copy what is kept. */
export type EmitMessage = (kind: number, stream: number, payload: Uint8Array) => void;

/**
 * Incremental decoder for length-prefixed messages.
 *
 * Holds at most one incomplete message, in memory that grows with the bytes that have really arrived and never
 * because a header announced them.
 */
export class LengthPrefixDecoder {
  #carried = new Uint8Array(0);
  #length = 0;
  #broken = false;

  /** Bytes waiting for the rest of their message. */
  get pendingBytes(): number {
    return this.#length;
  }

  /**
   * Add bytes; call `emit` once for every message they complete. The caller may reuse `bytes` afterwards.
   *
   * @throws {ProtocolError} when a length is below 5 or announces more than `MAX_PAYLOAD_BYTES`, and from then on
   * at every call.
   */
  push(bytes: Uint8Array, emit: EmitMessage): void {
    if (this.#broken) throw new ProtocolError("the stream is broken");
    if (this.#length === 0) {
      this.#keep(bytes.subarray(this.#read(bytes, emit)));
      return;
    }
    this.#keep(bytes);
    const carried = this.#carried.subarray(0, this.#length);
    const used = this.#read(carried, emit);
    this.#length -= used;
    carried.copyWithin(0, used);
  }

  /** Emit every complete message and return how many bytes they took. */
  #read(bytes: Uint8Array, emit: EmitMessage): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 0;
    while (bytes.byteLength - offset >= 4) {
      const length = view.getUint32(offset, true);
      if (length < LENGTH_OVERHEAD || length > LENGTH_OVERHEAD + MAX_PAYLOAD_BYTES) {
        this.#broken = true;
        this.#carried = new Uint8Array(0);
        this.#length = 0;
        throw new ProtocolError(`a message of ${length} bytes`);
      }
      const end = offset + 4 + length;
      if (end > bytes.byteLength) break;
      const kind = view.getUint8(offset + 4);
      const stream = view.getUint32(offset + 5, true);
      emit(kind, stream, bytes.subarray(offset + HEADER_BYTES, end));
      offset = end;
    }
    return offset;
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#length + bytes.byteLength;
    if (needed > this.#carried.byteLength) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#length, 1024));
      grown.set(this.#carried.subarray(0, this.#length));
      this.#carried = grown;
    }
    this.#carried.set(bytes, this.#length);
    this.#length = needed;
  }
}
