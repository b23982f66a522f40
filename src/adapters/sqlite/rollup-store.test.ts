import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Rollup } from "#ports/rollup-store.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { silentLog } from "#testing/silent-log.ts";
import { openRollupStore } from "./rollup-store.ts";

function fresh(): string {
  return join(mkdtempSync(join(tmpdir(), "hearth-rollups-")), "metrics.sqlite");
}

function open(path: string, clock = new FakeClock()) {
  return openRollupStore({ path, clock, log: silentLog });
}

function rollup(minute: number, operation: string, count = 1): Rollup {
  return { minute, operation, count, p50_ms: 10, p95_ms: 20, max_ms: 30.5 };
}

test("rollups are there after a restart, oldest first, narrowed by operation, time and number", () => {
  const path = fresh();
  const now = Math.floor(new FakeClock().wallMs() / 60_000) * 60;
  const all = [
    rollup(now - 120, "turn.think"),
    rollup(now - 60, "turn.total"),
    rollup(now, "journal.commit"),
    rollup(now, "turn.think"),
  ];
  using first = open(path);
  first.write(all.slice(0, 2));
  first.write(all.slice(2));
  first[Symbol.dispose]();

  using store = open(path);

  expect(store.read({})).toEqual(all);
  expect(store.read({ operation: "turn.*", since: now - 60 })).toEqual([
    rollup(now - 60, "turn.total"),
    rollup(now, "turn.think"),
  ]);
  expect(store.read({ operation: "turn.thin?" })).toEqual([]);
  expect(store.read({ limit: 1 })).toEqual([rollup(now, "turn.think")]);
});

test("a minute written again replaces the first, and thirty days later it is gone", () => {
  const clock = new FakeClock();
  const minute = Math.floor(clock.wallMs() / 60_000) * 60;
  using store = open(fresh(), clock);
  store.write([rollup(minute, "turn.think", 1)]);
  store.write([rollup(minute, "turn.think", 2)]);
  const replaced = store.read({});
  clock.jumpWall(30 * 86_400_000 + 60_000);
  const later = minute + 30 * 86_400 + 60;
  store.write([rollup(later, "turn.think")]);

  expect(replaced).toEqual([rollup(minute, "turn.think", 2)]);
  expect(store.read({})).toEqual([rollup(later, "turn.think")]);
});

test("a damaged database is moved aside and another begun; nothing throws", () => {
  const path = fresh();
  writeFileSync(path, "this was a database once".repeat(1000));
  using store = open(path);
  const minute = Math.floor(new FakeClock().wallMs() / 60_000) * 60;

  store.write([rollup(minute, "turn.think")]);

  expect(store.read({})).toEqual([rollup(minute, "turn.think")]);
  expect(existsSync(path)).toBe(true);
  expect(readdirSync(dirname(path)).some((name) => name.includes(".damaged-"))).toBe(true);
});
