import { expect, test } from "bun:test";
import { Hono } from "hono";
import { UnspellableError } from "#core/unigram.ts";
import { rateWakePhrase } from "#core/wake-rating.ts";
import type { WakePhrase } from "#ports/wake-word.ts";
import { mountWake } from "./wake-route.ts";

function routes(isLocal = true) {
  const app = new Hono();
  let phrases: readonly WakePhrase[] = [{ text: "hey tars", sensitivity: 0.5 }];
  mountWake(app, {
    isLocal,
    report: () => ({ phrases: [...phrases], from: "configuration" }),
    set(next) {
      phrases = next;
      return Promise.resolve();
    },
    rate: (phrase) =>
      rateWakePhrase(phrase, (text) => {
        if (/\d/.test(text)) throw new UnspellableError(text, "2");
      }),
  });
  const put = (body: unknown) =>
    app.request("/api/wake", {
      method: "PUT",
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { app, put, phrases: () => phrases };
}

test("phrases that are put are listened for, tidied and with the default sensitivity", async () => {
  const { app, put, phrases } = routes();

  const response = await put({
    phrases: [{ text: "  okay   hearth " }, { text: "hey marvin", sensitivity: 0.7 }],
  });

  expect(response.status).toBe(200);
  const expected = [
    { text: "okay hearth", sensitivity: 0.5 },
    { text: "hey marvin", sensitivity: 0.7 },
  ];
  expect(phrases()).toEqual(expected);
  expect(await (await app.request("/api/wake")).json()).toMatchObject({ phrases: expected });
});

test("what is no list, too long, listed twice or cannot be spelled is refused with a sentence and changes nothing", async () => {
  const { put, phrases } = routes();
  const before = phrases();

  for (const body of [
    "{",
    {},
    { phrases: [{ text: " " }] },
    { phrases: [{ text: "x".repeat(65) }] },
    { phrases: [{ text: "hey tars", sensitivity: 2 }] },
    { phrases: Array.from({ length: 17 }, (_, n) => ({ text: `name${"a".repeat(n)}` })) },
    { phrases: [{ text: "Hey Tars" }, { text: "hey  tars" }] },
    { phrases: [{ text: "hey r2" }] },
  ]) {
    const response = await put(body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(/\w+ \w+/);
  }
  expect(phrases()).toBe(before);
});

test("a phrase is rated while it is typed", async () => {
  const { app } = routes();
  const rated = async (phrase: string) => {
    const response = await app.request(`/api/wake/rating?phrase=${encodeURIComponent(phrase)}`);
    return ((await response.json()) as { rating: string }).rating;
  };

  expect(await rated("hey tars")).toBe("good");
  expect(await rated("echo")).toBe("too-short");
  expect(await rated("")).toBe("empty");
  expect(await rated("what is it")).toBe("common");
  expect(await rated("hey r2")).toBe("unspellable");
});

test("a hub that others can reach tells and changes nothing", async () => {
  const { app, put, phrases } = routes(false);
  const before = phrases();

  for (const response of [
    await app.request("/api/wake"),
    await app.request("/api/wake/rating?phrase=tars"),
    await put({ phrases: [] }),
  ]) {
    expect(response.status).toBe(403);
    expect(((await response.json()) as { error: string }).error).toContain("server.host");
  }
  expect(phrases()).toBe(before);
});
