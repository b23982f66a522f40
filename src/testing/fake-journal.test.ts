import { expect, test } from "bun:test";
import { FakeJournal } from "./fake-journal.ts";
import { journalContract, record, said } from "./journal-contract.ts";

journalContract("the fake journal", () => Promise.resolve(new FakeJournal()));

test("the fake journal: a refusing disk rejects a flush and keeps the events", async () => {
  const journal = new FakeJournal();
  const told: string[] = [];
  journal.watch(new AbortController().signal, (health) => told.push(health.kind));
  journal.setHealth({ kind: "refused", detail: "SQLITE_FULL" });
  const event = record(journal, said("hello"));

  await expect(journal.flush()).rejects.toThrow("SQLITE_FULL");

  expect(journal.read({})).toEqual([event]);
  journal.setHealth({ kind: "recovered", lost: 0 });
  await journal.flush();
  expect(journal.durableSeq).toBe(event.seq);
  expect(told).toEqual(["refused", "recovered"]);
});
