import { expect, test } from "bun:test";
import { BestRoom, type RoomDecision, type WakeClaim } from "#pipeline/best-room.ts";
import { FakeClock } from "#testing/fake-clock.ts";

const never = new AbortController().signal;

function claimOf(satelliteId: string, claim: Partial<WakeClaim> = {}): WakeClaim {
  return {
    satelliteId,
    phrase: "hey tars",
    score: 0.8,
    aboveFloorDb: 20,
    sinceLastTurnMs: Number.POSITIVE_INFINITY,
    ...claim,
  };
}

function home(rivals = 2) {
  const clock = new FakeClock();
  const decisions: RoomDecision[] = [];
  const winners: string[] = [];
  const best = new BestRoom(
    clock,
    () => rivals,
    (decision) => decisions.push(decision),
  );
  const claim = (made: WakeClaim, signal = never) =>
    best.claim(made, signal, () => winners.push(made.satelliteId));
  return { clock, decisions, winners, claim };
}

test("the room that hears the phrase furthest above its own noise answers, and only that one", async () => {
  const it = home();
  it.claim(claimOf("hall", { aboveFloorDb: 9, score: 0.9 }));
  await it.clock.advance(60);
  it.claim(claimOf("kitchen", { aboveFloorDb: 28, score: 0.85 }));
  await it.clock.advance(200);

  expect(it.winners).toEqual(["kitchen"]);
  expect(it.decisions.map(({ winner, heldMs }) => [winner, heldMs])).toEqual([["kitchen", 150]]);
  expect(it.decisions[0]?.claims.map(({ satelliteId }) => satelliteId)).toEqual(["kitchen", "hall"]);
});

test("a home with one satellite answers without holding the wake", () => {
  const it = home(1);

  it.claim(claimOf("kitchen"));

  expect(it.winners).toEqual(["kitchen"]);
});

test("a satellite that nobody contests answers after the hold, and nothing is said of it", async () => {
  const it = home();
  it.claim(claimOf("kitchen"));
  expect(it.winners).toEqual([]);

  await it.clock.advance(150);

  expect(it.winners).toEqual(["kitchen"]);
  expect(it.decisions).toEqual([]);
});

test("a satellite that hears the same wake after the decision stays silent", async () => {
  const it = home();
  it.claim(claimOf("hall"));
  await it.clock.advance(200);
  it.claim(claimOf("kitchen", { aboveFloorDb: 40 }));
  await it.clock.advance(1000);

  expect(it.winners).toEqual(["hall"]);
});

test("a second wake later is a new one", async () => {
  const it = home();
  it.claim(claimOf("hall"));
  await it.clock.advance(2000);
  it.claim(claimOf("kitchen"));
  await it.clock.advance(200);

  expect(it.winners).toEqual(["hall", "kitchen"]);
});

test("two phrases at once are two wakes", async () => {
  const it = home();
  it.claim(claimOf("hall"));
  it.claim(claimOf("kitchen", { phrase: "computer" }));
  await it.clock.advance(200);

  expect(it.winners.sort()).toEqual(["hall", "kitchen"]);
});

test("between rooms that hear alike, the one just spoken to answers", async () => {
  const it = home();
  it.claim(claimOf("hall"));
  it.claim(claimOf("kitchen", { sinceLastTurnMs: 5000 }));
  await it.clock.advance(200);

  expect(it.winners).toEqual(["kitchen"]);
});

test("a satellite that leaves meanwhile does not win, and does not keep the others from answering", async () => {
  const it = home();
  const gone = new AbortController();
  it.claim(claimOf("hall", { aboveFloorDb: 40 }), gone.signal);
  it.claim(claimOf("kitchen"));
  gone.abort();
  await it.clock.settle();

  expect(it.winners).toEqual(["kitchen"]);
});
