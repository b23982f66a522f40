import { expect, test } from "bun:test";
import type { JournalPage, JournalQuery } from "#ports/journal.ts";
import { FakeJournal } from "#testing/fake-journal.ts";
import { openFeed } from "#testing/open-feed.ts";

/** A journal that says how many reads happened since it was last asked. */
class CountingJournal extends FakeJournal {
  #reads = 0;

  override readPage(query: JournalQuery, rows: number): JournalPage {
    this.#reads += 1;
    return super.readPage(query, rows);
  }

  takeReads(): number {
    const reads = this.#reads;
    this.#reads = 0;
    return reads;
  }
}

const rare = { type: "llm_error", error: "e" } as const;

test("looking for what is rare leaves the thread to others, and the replay is still one frame before all else", async () => {
  const journal = new CountingJournal();
  // Every read of the clock takes as long as a step may.
  const { bus, clock, connect } = openFeed(undefined, { journal, msPerLook: 4 });
  const events = [bus.publish(rare), bus.publish(rare)];
  for (let i = 0; i < 9000; i++) bus.publish({ type: "system_info" });

  const { socket } = connect("/events?types=llm_error&limit=2");
  const first = journal.takeReads();
  const meanwhile = bus.publish(rare);
  await clock.advance(0);

  expect(first).toBe(1);
  expect(journal.takeReads()).toBeGreaterThan(3);
  expect(socket.frames).toEqual([
    { type: "replay", events },
    { type: "replay", events: [meanwhile] },
  ]);
});

test("a resume through thousands of unwanted events takes many small steps", async () => {
  const journal = new CountingJournal();
  const { bus, clock, connect } = openFeed(undefined, { journal, msPerLook: 4 });
  for (let i = 0; i < 9000; i++) bus.publish({ type: "system_info" });
  const event = bus.publish(rare);

  const { socket } = connect("/events?types=llm_error&since=0");
  const before = socket.frames.length;
  await clock.advance(0);

  expect(before).toBe(0);
  expect(journal.takeReads()).toBeGreaterThan(4);
  expect(socket.frames).toEqual([
    { type: "replay", events: [event] },
    { type: "live", seq: event.seq },
  ]);
});
