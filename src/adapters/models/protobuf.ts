/**
 * Just enough of the protocol-buffer wire format to take a message apart and put it together again.
 *
 * Everything is kept as it was, byte for byte, unless it is replaced; see
 * https://protobuf.dev/programming-guides/encoding/.
 */

/** One field of a message, as it stood. */
export interface WireField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly type: number;
  /** The content of a length-delimited field; of others the encoded value. A view, not a copy. */
  readonly content: Uint8Array;
}

/**
 * Take a message apart into its fields, in order.
 *
 * @throws {RangeError} when the bytes are no message.
 */
export function fieldsOf(message: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = varint(message, at);
    const type = tag.value % 8;
    const start = type === 2 ? varint(message, tag.end) : undefined;
    const from = start?.end ?? tag.end;
    const end = start ? from + start.value : endOfScalar(message, from, type);
    if (end > message.length) throw new RangeError("a field runs past the end of its message");
    fields.push({ number: Math.floor(tag.value / 8), type, content: message.subarray(from, end) });
    at = end;
  }
  return fields;
}

/** Put a message together. */
export function messageOf(fields: readonly WireField[]): Uint8Array {
  const parts = fields.flatMap(({ number, type, content }) => {
    const tag = varintBytes(number * 8 + type);
    return type === 2 ? [tag, varintBytes(content.length), content] : [tag, content];
  });
  const message = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

/** The text of every field of that number. */
export function texts(fields: readonly WireField[], number: number): string[] {
  return fields.filter((field) => field.number === number).map((field) => text(field));
}

/** A length-delimited field as text. */
export function text(field: WireField): string {
  return new TextDecoder().decode(field.content);
}

/** A field that holds text. */
export function textField(number: number, value: string): WireField {
  return { number, type: 2, content: new TextEncoder().encode(value) };
}

function endOfScalar(message: Uint8Array, from: number, type: number): number {
  switch (type) {
    case 0:
      return varint(message, from).end;
    case 1:
      return from + 8;
    case 5:
      return from + 4;
    default:
      throw new RangeError(`wire type ${type} is not known`);
  }
}

function varint(message: Uint8Array, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  // Ten bytes hold any 64-bit number.
  for (let index = 0; index < 10; index++) {
    const byte = message[from + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: from + index + 1 };
  }
  throw new RangeError("a number does not end");
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
