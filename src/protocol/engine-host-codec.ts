import { bytesOf, FRAME_BYTES, samplesFromBytes } from "#core/pcm.ts";
import { type HostMessage, type HubMessage, JSON_PAYLOADS, type JsonKind } from "./engine-host.ts";
import { HEADER_BYTES, LENGTH_OVERHEAD, MAX_PAYLOAD_BYTES, ProtocolError } from "./length-prefix.ts";

/** Messages of engine-host.ts to bytes and back. */

type Message = HubMessage | HostMessage;

/** Kind bytes on the wire. Hub to host below 64, host to hub above, both from 128. */
const KIND_BYTES: Readonly<Record<Message["kind"], number>> = {
  configure: 1,
  "open-ear": 2,
  "set-phrases": 3,
  "ear-frame": 4,
  "open-stt": 5,
  "stt-frame": 6,
  "finish-stt": 7,
  speak: 8,
  close: 9,
  ping: 10,
  "set-vocabulary": 11,
  "open-utterance": 12,
  ready: 64,
  voice: 65,
  wake: 66,
  "stt-part": 67,
  audio: 68,
  done: 69,
  error: 70,
  pong: 71,
  "wake-score": 72,
  consumed: 128,
};
const KINDS = new Map(Object.entries(KIND_BYTES).map(([kind, byte]) => [byte, kind as Message["kind"]]));

const utf8 = new TextEncoder();

/** Collects messages so that many leave in one write. */
export class MessageBatch {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes collected. */
  get byteLength(): number {
    return this.#length;
  }

  /**
   * Append one message, copying what it holds.
   *
   * @throws {ProtocolError} when its payload is larger than `MAX_PAYLOAD_BYTES`.
   */
  add(message: Message): void {
    switch (message.kind) {
      case "ear-frame": {
        const at = this.#begin(message, 8 + message.pcm.byteLength);
        this.#view.setFloat64(at, message.firstSample, true);
        this.#bytes.set(bytesOf(message.pcm), at + 8);
        return;
      }
      case "stt-frame": {
        const at = this.#begin(message, message.pcm.byteLength);
        this.#bytes.set(bytesOf(message.pcm), at);
        return;
      }
      case "audio": {
        const at = this.#begin(message, message.samples.byteLength);
        this.#bytes.set(bytesOf(message.samples), at);
        return;
      }
      case "voice": {
        const at = this.#begin(message, 12);
        this.#view.setFloat32(at, message.score, true);
        this.#view.setFloat64(at + 4, message.endSample, true);
        return;
      }
      case "consumed": {
        const at = this.#begin(message, 4);
        this.#view.setUint32(at, message.amount, true);
        return;
      }
      case "ping": {
        const at = this.#begin(message, 4);
        this.#view.setUint32(at, message.id, true);
        return;
      }
      case "pong": {
        const at = this.#begin(message, 12);
        this.#view.setUint32(at, message.id, true);
        this.#view.setFloat64(at + 4, message.rssBytes, true);
        return;
      }
      case "finish-stt":
      case "close":
      case "done":
        this.#begin(message, 0);
        return;
      default: {
        const json = utf8.encode(JSON.stringify(message));
        const at = this.#begin(message, json.byteLength);
        this.#bytes.set(json, at);
      }
    }
  }

  /** Hand over what was collected, in memory of its own, and start afresh. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Write the header, make room for the payload and return where it begins. May replace the buffer. */
  #begin(message: Message, payloadBytes: number): number {
    if (payloadBytes > MAX_PAYLOAD_BYTES) {
      throw new ProtocolError(`${message.kind} of ${payloadBytes} bytes`);
    }
    const at = this.#length;
    const end = at + HEADER_BYTES + payloadBytes;
    if (end > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.byteLength));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#view.setUint32(at, LENGTH_OVERHEAD + payloadBytes, true);
    this.#view.setUint8(at + 4, KIND_BYTES[message.kind]);
    this.#view.setUint32(at + 5, message.stream, true);
    this.#length = end;
    return at + HEADER_BYTES;
  }
}

/**
 * Read one message that `LengthPrefixDecoder` cut out. Everything in it is copied out of `payload`.
 *
 * @throws {ProtocolError} when the kind is unknown, or the payload is not of its shape; never quotes it.
 */
export function readMessage(kindByte: number, stream: number, payload: Uint8Array): Message {
  const kind = KINDS.get(kindByte);
  if (kind === undefined) throw new ProtocolError(`unknown kind ${kindByte}`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  switch (kind) {
    case "ear-frame":
      expectBytes(kind, payload, 8 + FRAME_BYTES);
      return {
        kind,
        stream,
        firstSample: view.getFloat64(0, true),
        pcm: samplesFromBytes(payload.subarray(8)),
      };
    case "stt-frame":
      expectBytes(kind, payload, FRAME_BYTES);
      return { kind, stream, pcm: samplesFromBytes(payload) };
    case "audio":
      if (payload.byteLength % 2 !== 0) throw new ProtocolError("audio of an odd length");
      return { kind, stream, samples: samplesFromBytes(payload) };
    case "voice":
      expectBytes(kind, payload, 12);
      return { kind, stream, score: view.getFloat32(0, true), endSample: view.getFloat64(4, true) };
    case "consumed":
      expectBytes(kind, payload, 4);
      return { kind, stream, amount: view.getUint32(0, true) };
    case "ping":
      expectBytes(kind, payload, 4);
      return { kind, stream, id: view.getUint32(0, true) };
    case "pong":
      expectBytes(kind, payload, 12);
      return { kind, stream, id: view.getUint32(0, true), rssBytes: view.getFloat64(4, true) };
    case "finish-stt":
    case "close":
    case "done":
      expectBytes(kind, payload, 0);
      return { kind, stream };
    default:
      return readJson(kind, stream, payload);
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

function readJson(kind: JsonKind, stream: number, payload: Uint8Array): Message {
  let json: unknown;
  try {
    json = JSON.parse(strictUtf8.decode(payload));
  } catch {
    throw new ProtocolError(`${kind} is not JSON`);
  }
  const parsed = JSON_PAYLOADS[kind].safeParse(json);
  // The problem's path but never its value: the payload may hold what was said.
  if (!parsed.success) throw new ProtocolError(`bad ${kind}: ${parsed.error.issues[0]?.path.join(".")}`);
  // The schema of this very kind has just accepted the payload.
  return { ...parsed.data, kind, stream } as Message;
}

function expectBytes(kind: string, payload: Uint8Array, bytes: number): void {
  if (payload.byteLength !== bytes) throw new ProtocolError(`${kind} of ${payload.byteLength} bytes`);
}

/** Whether a message is one that only the hub sends; `consumed` goes both ways. */
export function isHubMessage(message: Message): message is HubMessage {
  return KIND_BYTES[message.kind] < 64 || message.kind === "consumed";
}

/** Whether a message is one that only the engine host sends; `consumed` goes both ways. */
export function isHostMessage(message: Message): message is HostMessage {
  return KIND_BYTES[message.kind] >= 64;
}
