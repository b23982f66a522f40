import { expect, test } from "bun:test";
import { Conversation, Conversations, MAX_CONVERSATIONS, MAX_EXCHANGES } from "./conversation.ts";

function say(conversation: Conversation, utterance: string, reply: string) {
  const exchange = conversation.begin(utterance, utterance);
  exchange.reply = reply;
  return exchange;
}

test("messages take turns and end with the user", () => {
  const conversation = new Conversation();
  say(conversation, "one", "first");
  say(conversation, "two", "");
  conversation.begin("three", "three");

  expect(conversation.messages()).toEqual([
    { role: "user", text: "one" },
    { role: "assistant", text: "first" },
    { role: "user", text: "two\nthree" },
  ]);
});

test("an exchange the model failed on is left out, except while it is the last", () => {
  const conversation = new Conversation();
  say(conversation, "one", "fir").kind = "failed";
  conversation.begin("two", "two");

  expect(conversation.messages()).toEqual([{ role: "user", text: "two" }]);
});

test("only the last twenty exchanges are remembered", () => {
  const conversation = new Conversation();
  for (let turn = 1; turn <= MAX_EXCHANGES + 5; turn++) say(conversation, `q${turn}`, `a${turn}`);

  const messages = conversation.messages();

  expect(messages.length).toBe(2 * MAX_EXCHANGES);
  expect(messages[0]).toEqual({ role: "user", text: "q6" });
});

test("an open question is asked once", () => {
  const conversation = new Conversation();
  conversation.question = { kind: "timer-length", name: undefined };

  expect(conversation.takeQuestion()).toEqual({ kind: "timer-length", name: undefined });
  expect(conversation.takeQuestion()).toBeUndefined();
});

test("a session that is used stays, the one unused longest is forgotten", () => {
  const conversations = new Conversations();
  const first = conversations.open("s0");
  const second = conversations.open("s1");
  for (let session = 2; session < MAX_CONVERSATIONS; session++) conversations.open(`s${session}`);

  conversations.open("s0");
  conversations.open("one more");

  expect(conversations.open("s0")).toBe(first);
  expect(conversations.open("s1")).not.toBe(second);
});

test("what was played shortens a reply and never lengthens it", () => {
  const conversations = new Conversations();
  const exchange = say(conversations.open("s"), "q", "One. Two. Three.");
  conversations.register(exchange);

  conversations.played("unknown", "");
  conversations.played("q", "One. Two. Three. And more.");
  expect(exchange.reply).toBe("One. Two. Three.");
  conversations.played("q", "One. ");
  expect(exchange.reply).toBe("One.");
});
