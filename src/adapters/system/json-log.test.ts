import { expect, test } from "bun:test";
import { FakeClock } from "#testing/fake-clock.ts";
import { jsonLog, type LogLevel } from "./json-log.ts";

function recording(level: LogLevel = "debug", pretty = false) {
  const lines: string[] = [];
  const log = jsonLog({ level, pretty, write: (line) => lines.push(line), clock: new FakeClock() });
  return { log, lines };
}

test("a line is one JSON object with time, level, message and fields", () => {
  const { log, lines } = recording();

  log.info("satellite connected", { satelliteId: "kitchen", port: 8765, paired: true, room: undefined });

  expect(lines).toEqual([
    '{"time":"2026-11-20T12:00:00.000Z","level":"info","message":"satellite connected","satelliteId":"kitchen","port":8765,"paired":true}\n',
  ]);
});

test("lines below the level are not written", () => {
  const { log, lines } = recording("warn");

  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");

  expect(lines.map((line) => JSON.parse(line).message)).toEqual(["c", "d"]);
});

test("text in a field nobody allowed shows its length only", () => {
  const { log, lines } = recording();

  log.warn("engine failed", { engine: "sherpa", transcript: "my secret", text: "also", reply: "", words: 2 });

  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    engine: "sherpa",
    transcript: "(9 characters)",
    text: "(4 characters)",
    reply: "(0 characters)",
    words: 2,
  });
});

test("a long value is cut at 200 characters", () => {
  const { log, lines } = recording();

  log.info("x".repeat(300), { path: "y".repeat(201) });

  const line = JSON.parse(lines[0] ?? "");
  expect([line.message, line.path]).toEqual([`${"x".repeat(200)}…`, `${"y".repeat(200)}…`]);
});

test("a field cannot replace the line's own level", () => {
  const { log, lines } = recording();

  log.info("a", { level: "error", time: 1, message: "b" });

  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "2026-11-20T12:00:00.000Z",
    level: "info",
    message: "a",
    level_field: "error",
    time_field: 1,
    message_field: "(1 characters)",
  });
});

test("for a terminal a line is readable and holds nothing the terminal would obey", () => {
  const { log, lines } = recording("info", true);

  log.error("gone", { path: "a\x1b[2J\nb", code: 1006 });

  const [line = ""] = lines;
  expect(Bun.stripANSI(line)).toBe("12:00:00.000 error gone path=a\u{fffd}[2J\u{fffd}b code=1006\n");
});
