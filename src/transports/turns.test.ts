import { expect, test } from "bun:test";
import { FakeClock } from "#testing/fake-clock.ts";
import { Turns } from "./turns.ts";

/** Counts the turns of the event loop that were waited for. */
class CountingClock extends FakeClock {
  sleeps = 0;

  override sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps += 1;
    return super.sleep(ms, signal);
  }
}

const forever = new AbortController().signal;

test("those who have much to do take one step each per turn of the event loop, in the order they asked", async () => {
  const clock = new CountingClock();
  const turns = new Turns(clock);
  const log: string[] = [];
  const twice = (name: string) => {
    turns.next(forever, () => {
      log.push(`${name}1`);
      turns.next(forever, () => log.push(`${name}2`));
    });
  };
  twice("a");
  twice("b");
  await clock.advance(0);

  expect(log).toEqual(["a1", "b1", "a2", "b2"]);
  expect(clock.sleeps).toBe(4);
});

test("who is gone loses its turn to the next", async () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const gone = new AbortController();
  const log: string[] = [];
  turns.next(gone.signal, () => log.push("gone"));
  turns.next(forever, () => log.push("here"));

  gone.abort();
  await clock.advance(0);

  expect(log).toEqual(["here"]);
  expect(clock.sleeping).toBe(0);
});
