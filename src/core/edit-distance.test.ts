import { expect, test } from "bun:test";
import { editDistance } from "./edit-distance.ts";

test("edit distance counts a swap of neighbours as one", () => {
  expect([editDistance("port", "prot"), editDistance("", "abc"), editDistance("same", "same")]).toEqual([
    1, 3, 0,
  ]);
});
