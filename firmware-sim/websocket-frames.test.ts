import { expect, test } from "bun:test";
import { encodeClientFrame, FrameReader, OPCODE, type WebSocketFrame } from "./websocket-frames.ts";

function readAll(chunks: readonly Uint8Array[]): WebSocketFrame[] {
  const reader = new FrameReader();
  const frames: WebSocketFrame[] = [];
  for (const chunk of chunks) reader.push(chunk, (frame) => frames.push(frame));
  return frames;
}

test("frames of every length class are read back unmasked", () => {
  for (const length of [0, 1, 125, 126, 640, 65_535, 65_536]) {
    const payload = Uint8Array.from({ length }, (_, i) => i & 0xff);

    const frames = readAll([encodeClientFrame(OPCODE.binary, payload, 0x12345678)]);

    expect(frames).toEqual([{ final: true, opcode: OPCODE.binary, payload }]);
  }
});

test("two frames that arrive byte by byte arrive whole", () => {
  const one = encodeClientFrame(OPCODE.text, new TextEncoder().encode("{}"), 7);
  const two = encodeClientFrame(OPCODE.binary, new Uint8Array(200).fill(9), 8);
  const bytes = [...one, ...two].map((byte) => Uint8Array.of(byte));

  const frames = readAll(bytes);

  expect(frames.map((frame) => [frame.opcode, frame.payload.length])).toEqual([
    [OPCODE.text, 2],
    [OPCODE.binary, 200],
  ]);
});

test("the example of RFC 6455 section 5.7 is read", () => {
  const hello = Uint8Array.of(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f);

  const frames = readAll([hello]);

  expect(new TextDecoder().decode(frames[0]?.payload)).toBe("Hello");
});

test("a frame that announces gigabytes is refused", () => {
  const bytes = Uint8Array.of(0x82, 127, 0, 0, 0, 4, 0, 0, 0, 0);

  expect(() => readAll([bytes])).toThrow("was announced");
});
