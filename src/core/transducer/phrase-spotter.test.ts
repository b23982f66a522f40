import { expect, test } from "bun:test";
import { tableJoint } from "#testing/table-joint.ts";
import { PhraseSpotter, type Spotted } from "./phrase-spotter.ts";

const joint = tableJoint(10, 1e6);
const [COM, PU, TER, HEY, TARS] = [3, 4, 5, 6, 7] as const;
const computer = { spellings: [[COM, PU, TER]], threshold: -2 };
const heyTars = { spellings: [[HEY, TARS]], threshold: -2 };

/** Push frames in steps of eight, as the encoder gives them; what was found with the frame it was found after. */
function spot(spotter: PhraseSpotter, frames: readonly number[]): Spotted[] {
  const found: Spotted[] = [];
  for (let at = 0; at < frames.length; at += 8) {
    const step = Float32Array.from(frames.slice(at, at + 8));
    const spotted = spotter.push(step, step.length);
    if (spotted) found.push(spotted);
  }
  return found;
}
const quiet = (frames: number): number[] => Array.from({ length: frames }, () => 0);

test("a phrase is found with the frames of its first and last token, wherever steps part it", () => {
  for (const lead of [0, 5, 6, 7, 8, 20]) {
    const spotter = new PhraseSpotter(joint, [computer]);

    const found = spot(spotter, [...quiet(lead), COM, 0, PU, PU, TER, ...quiet(20)]);

    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ phrase: 0, firstFrame: lead, lastFrame: lead + 4 });
    expect(found[0]?.logProb).toBeGreaterThan(-1);
  }
});

test("parts of a phrase, its tokens in another order, and silence are not it", () => {
  for (const frames of [[COM, PU], [PU, TER], [TER, PU, COM], [COM, PU, HEY], quiet(40)]) {
    expect(spot(new PhraseSpotter(joint, [computer]), [...quiet(9), ...frames, ...quiet(9)])).toEqual([]);
  }
});

test("a phrase drawn out beyond two seconds is none", () => {
  const within = [COM, ...quiet(20), PU, ...quiet(20), TER];
  const beyond = [COM, ...quiet(25), PU, ...quiet(25), TER];

  expect(spot(new PhraseSpotter(joint, [computer]), within)).toHaveLength(1);
  expect(spot(new PhraseSpotter(joint, [computer]), beyond)).toEqual([]);
});

test("of several phrases the one that was said is reported, by any of its spellings", () => {
  const either = { spellings: [[HEY, COM], [TARS]], threshold: -2 };
  const said = (...tokens: number[]) =>
    spot(new PhraseSpotter(joint, [computer, heyTars, either]), tokens).map(({ phrase }) => phrase);

  expect([said(COM, PU, TER), said(HEY, 0, TARS), said(TARS), said(0, HEY, COM)]).toEqual([
    [0],
    [1],
    [2],
    [2],
  ]);
});

test("a phrase that ends like another is preferred to it, for it is the longer one", () => {
  const heyComputer = { spellings: [[HEY, COM, PU, TER]], threshold: -4 };
  for (const phrases of [
    [heyComputer, computer],
    [computer, heyComputer],
  ]) {
    const [found] = spot(new PhraseSpotter(joint, phrases), [HEY, COM, PU, TER]);
    expect(phrases[found?.phrase ?? 9]).toBe(heyComputer);
  }
});

test("a phrase said again within two seconds is one wake, later another", () => {
  const once = [HEY, TARS];

  expect(spot(new PhraseSpotter(joint, [heyTars]), [...once, ...quiet(40), ...once])).toHaveLength(1);
  expect(spot(new PhraseSpotter(joint, [heyTars]), [...once, ...quiet(60), ...once])).toHaveLength(2);
});

test("a strict phrase wants to be surer than a lenient one", () => {
  const unsure = tableJoint(10, 20);
  const said = [HEY, TARS, ...quiet(6)];
  const at = (threshold: number) => spot(new PhraseSpotter(unsure, [{ ...heyTars, threshold }]), said).length;

  expect([at(-0.2), at(-2)]).toEqual([0, 1]);
});

test("how near a phrase came is told for every step", () => {
  const spotter = new PhraseSpotter(joint, [computer, heyTars]);

  spot(spotter, [HEY, 0, 0, 0, 0, 0, 0, 0]);
  const before = spotter.peak(1);
  spot(spotter, [TARS, 0, 0, 0]);

  expect(before).toBeLessThan(-5);
  expect(spotter.peak(1)).toBeGreaterThan(-1);
  expect(spotter.peak(0)).toBeLessThan(-5);
  expect(spotter.peak(2)).toBe(Number.NEGATIVE_INFINITY);
});

test("after a reset the half of a phrase before it is forgotten and frames count from zero", () => {
  const spotter = new PhraseSpotter(joint, [heyTars]);
  spot(spotter, [...quiet(7), HEY]);
  spotter.reset();

  expect(spot(spotter, [TARS])).toEqual([]);
  expect(spot(spotter, [HEY, TARS])).toMatchObject([{ firstFrame: 1, lastFrame: 2 }]);
});

test("no phrases cost no work and find nothing", () => {
  let asked = 0;
  const counting = { ...joint, logProbs: () => new Float32Array(asked++) };

  expect(spot(new PhraseSpotter(counting, []), quiet(16))).toEqual([]);
  expect(asked).toBe(0);
});
