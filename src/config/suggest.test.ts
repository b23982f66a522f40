import { expect, test } from "bun:test";
import { closest } from "./suggest.ts";

test("a word like none of the candidates finds nothing", () => {
  expect(closest("zebra", ["host", "port"])).toBeUndefined();
});
