import { expect, test } from "bun:test";
import type { EventDraft, HubEvent } from "#events/hub-event.ts";
import { checkDraft, eventText, stamp } from "#events/stamp.ts";
import type { Journal, StoredEvent } from "#ports/journal.ts";

/** Stamp a draft with the journal's next number, at `time` epoch seconds, and append it. */
export function record(journal: Journal, draft: EventDraft, time = 1000): HubEvent {
  const check = checkDraft(draft);
  if (!check.ok) throw new Error(`invalid ${check.type}: ${check.problem}`);
  const event = stamp(check.draft, journal.reserveSeq(), time);
  journal.append(event);
  return event;
}

/** An event of one type that says `text`. */
export function said(text: string): EventDraft<"stt_result"> {
  return { type: "stt_result", text, confidence: 1, duration_ms: 10 };
}

/** What every journal must do, whatever keeps its events. `open` gives an empty one. */
export function journalContract(name: string, open: () => Promise<Journal>): void {
  const seqs = (events: readonly { readonly seq: number }[]) => events.map((event) => event.seq);

  test(`${name}: numbers rise with every call`, async () => {
    await using journal = await open();

    const numbers = Array.from({ length: 3000 }, () => journal.reserveSeq());

    expect(numbers.every((seq, index) => seq > (numbers[index - 1] ?? 0))).toBe(true);
    expect(journal.lastSeq).toBe(numbers.at(-1) ?? 0);
  });

  test(`${name}: an appended event can be read before and after its commit`, async () => {
    await using journal = await open();
    const event = record(journal, said("good morning"));

    const before = journal.read({});
    await journal.flush();

    expect(before).toEqual([event]);
    expect(journal.read({})).toEqual([event]);
    expect(journal.durableSeq).toBe(event.seq);
    expect(journal.oldestSeq()).toBe(event.seq);
  });

  test(`${name}: an empty journal has lost nothing and keeps nothing`, async () => {
    await using journal = await open();

    expect({ oldest: journal.oldestSeq(), lost: journal.lostThrough(), found: journal.read({}) }).toEqual({
      oldest: 0,
      lost: 0,
      found: [],
    });
  });

  test(`${name}: a range of numbers excludes its start and includes its end`, async () => {
    await using journal = await open();
    const events = ["one", "two", "three", "four"].map((text) => record(journal, said(text)));
    await journal.flush();

    const found = journal.read({ afterSeq: events[0]?.seq ?? 0, throughSeq: events[2]?.seq ?? 0 });

    expect(found).toEqual(events.slice(1, 3));
  });

  test(`${name}: the newest few come oldest first, committed or not`, async () => {
    await using journal = await open();
    record(journal, said("one"));
    record(journal, said("two"));
    await journal.flush();
    const third = record(journal, said("three"));
    const fourth = record(journal, said("four"));

    expect(journal.read({ take: "newest", limit: 2 })).toEqual([third, fourth]);
    expect(seqs(journal.read({ take: "newest", limit: 3 }))).toHaveLength(3);
    expect(journal.read({ take: "newest", limit: 0 })).toEqual([]);
    expect(journal.read({ limit: 0 })).toEqual([]);
  });

  test(`${name}: a star in a type stands for any run of characters and nothing else is special`, async () => {
    await using journal = await open();
    const result = record(journal, said("hello"));
    const error = record(journal, { type: "stt_error", error: "no engine" });
    record(journal, { type: "system_info" });
    await journal.flush();

    expect(journal.read({ types: ["stt_*"] })).toEqual([result, error]);
    expect(journal.read({ types: ["*_error"] })).toEqual([error]);
    expect(journal.read({ types: ["stt_result", "nonsense"] })).toEqual([result]);
    expect(journal.read({ types: ["stt?result", "[s]*", "%"] })).toEqual([]);
  });

  test(`${name}: session, satellite, turn and time narrow what is read`, async () => {
    await using journal = await open();
    const where = { session_id: "s1", satellite_id: "kitchen", turn_id: "t1" };
    const wanted = record(journal, { ...said("here"), ...where }, 1000);
    record(journal, { ...said("other session"), ...where, session_id: "s2" }, 1000);
    record(journal, { ...said("other turn"), ...where, turn_id: "t2" }, 1000);
    record(journal, { ...said("other room"), ...where, satellite_id: "attic" }, 1000);
    const late = record(journal, { ...said("later"), ...where }, 2000);
    await journal.flush();

    const query = { sessionId: "s1", satelliteId: "kitchen", turnId: "t1" };
    expect(journal.read({ ...query, throughTime: 1500 })).toEqual([wanted]);
    expect(journal.read({ ...query, fromTime: 2000 })).toEqual([late]);
  });

  test(`${name}: words are found whatever their case, accents and punctuation`, async () => {
    await using journal = await open();
    const wanted = record(journal, said("Mach das Küchenlicht an, bitte!"));
    const nested = record(journal, {
      type: "tool_result",
      tool_name: "lights",
      call_id: "c",
      duration_ms: 1,
      result: { rooms: ["Küchenlicht"] },
    });
    record(journal, said("what time is it"));

    const before = journal.read({ text: "kuchenlicht" });
    await journal.flush();

    expect(before).toEqual([wanted, nested]);
    expect(journal.read({ text: "kuchenlicht" })).toEqual([wanted, nested]);
    expect(journal.read({ text: "BITTE küchenlicht" })).toEqual([wanted]);
    expect(journal.read({ text: 'time" OR "bitte' })).toEqual([]);
  });

  test(`${name}: the stored text is the event as it is sent`, async () => {
    await using journal = await open();
    const event = record(journal, said('quotes " and emoji 🫖 and \u0000'));
    await journal.flush();

    expect(journal.readStored({})).toEqual([{ seq: event.seq, text: eventText(event) }]);
  });

  test(`${name}: page by page the same is found, in either direction, committed or not`, async () => {
    await using journal = await open();
    for (let i = 0; i < 30; i++) record(journal, i % 7 === 0 ? said(`rare ${i}`) : { type: "system_info" });
    await journal.flush();
    for (let i = 0; i < 10; i++) record(journal, i % 7 === 0 ? said(`late ${i}`) : { type: "system_info" });
    const all = journal.readStored({ types: ["stt_result"] });

    for (const limit of [1, 2, 100]) {
      const forward: StoredEvent[] = [];
      for (let next: number | undefined = 0; next !== undefined; ) {
        const page = journal.readPage({ types: ["stt_result"], afterSeq: next, limit }, 5);
        forward.push(...page.events);
        next = page.next;
      }
      const back: StoredEvent[] = [];
      for (let next: number | undefined = journal.lastSeq; next !== undefined; ) {
        const page = journal.readPage({ types: ["stt_result"], throughSeq: next, limit, take: "newest" }, 5);
        back.unshift(...page.events);
        next = page.next;
      }
      expect([forward, back]).toEqual([all, all]);
    }
  });

  test(`${name}: what waits for the disk is known, and its arrival there is told`, async () => {
    await using journal = await open();
    const told: number[] = [];
    const stop = new AbortController();
    journal.onDurable(stop.signal, (seq) => told.push(seq));
    record(journal, said("one"), 1000);
    const second = record(journal, said("two"), 2000);
    const before = journal.waiting();
    await journal.flush();
    const after = journal.waiting();
    stop.abort();
    record(journal, said("three"));
    await journal.flush();

    expect(before).toEqual({ events: 2, oldestTime: 1000 });
    expect(after).toEqual({ events: 0, oldestTime: undefined });
    expect(told).toEqual([second.seq]);
  });

  test(`${name}: a healthy journal tells its watchers nothing`, async () => {
    await using journal = await open();
    const told: string[] = [];
    journal.watch(new AbortController().signal, (health) => told.push(health.kind));

    record(journal, said("hello"));
    await journal.flush();

    expect(told).toEqual([]);
  });
}
