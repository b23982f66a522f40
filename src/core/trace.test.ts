import { expect, test } from "bun:test";
import { Trace } from "#core/trace.ts";

test("segments are contiguous and sum to the total", () => {
  const trace = new Trace(100);
  trace.mark("wait", 130);
  trace.mark("speak", 1130);
  trace.mark("endpoint", 1830.5);

  expect(trace.report()).toEqual({
    total_ms: 1730.5,
    segments: [
      { name: "wait", ms: 30 },
      { name: "speak", ms: 1000 },
      { name: "endpoint", ms: 700.5 },
    ],
  });
});

test("a moment before the last mark gives an empty segment, never a negative one", () => {
  const trace = new Trace(100);
  trace.mark("wait", 200);
  trace.mark("speak", 150);

  expect(trace.report().segments).toEqual([
    { name: "wait", ms: 100 },
    { name: "speak", ms: 0 },
  ]);
});
