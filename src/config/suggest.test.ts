import { expect, test } from "bun:test";
import { closest, editDistance } from "./suggest.ts";

test("edit distance counts a swap of neighbours as one", () => {
  expect([editDistance("port", "prot"), editDistance("", "abc"), editDistance("same", "same")]).toEqual([
    1, 3, 0,
  ]);
});

test("a word like none of the candidates finds nothing", () => {
  expect(closest("zebra", ["host", "port"])).toBeUndefined();
});
