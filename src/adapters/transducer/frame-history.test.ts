import { expect, test } from "bun:test";
import { FrameHistory } from "./frame-history.ts";

test("the last steps are replayed oldest first, with the samples they began at", () => {
  const history = new FrameHistory(2, 3);
  const replayed = () => {
    const taken: [number[], number][] = [];
    history.replay((frames, sample) => taken.push([[...frames], sample]));
    return taken;
  };

  history.push(Float32Array.of(1, 1, 1), 0);
  const one = replayed();
  history.push(Float32Array.of(2, 2, 2), 10);
  history.push(Float32Array.of(3, 3, 3), 20);

  expect(one).toEqual([[[1, 1, 1], 0]]);
  expect(replayed()).toEqual([
    [[2, 2, 2], 10],
    [[3, 3, 3], 20],
  ]);
  history.clear();
  expect(replayed()).toEqual([]);
});
