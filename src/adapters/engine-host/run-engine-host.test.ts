import { describe, expect, test } from "bun:test";
import { BoundedQueue } from "#core/bounded-queue.ts";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import { HostConfiguration, type HostMessage, type HubMessage } from "#protocol/engine-host.ts";
import { MessageBatch, readMessage } from "#protocol/engine-host-codec.ts";
import { LengthPrefixDecoder } from "#protocol/length-prefix.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import type { Engines, LoadEngines } from "./engines.ts";
import { loadToyEngines, toyVoiceActivity } from "./fixtures/toy-engines.ts";
import { loud, marker, silence } from "./fixtures/toy-frames.ts";
import { runEngineHost } from "./run-engine-host.ts";

const configure: HubMessage = {
  kind: "configure",
  stream: 0,
  configuration: HostConfiguration.parse({ role: "hearing", cacheDir: "/tmp" }),
};
const phrases = [{ text: "hey tars", sensitivity: 0.5 }];

/** A host in this process, with the messages it has answered. */
function startHost(loadEngines: LoadEngines = loadToyEngines) {
  const input = new BoundedQueue<Uint8Array>(1000, "drop-newest");
  const decoder = new LengthPrefixDecoder();
  const answers: HostMessage[] = [];
  const arrived: (() => void)[] = [];
  const ended = runEngineHost({
    input,
    output(bytes) {
      decoder.push(bytes, (kind, stream, payload) => {
        answers.push(readMessage(kind, stream, payload) as HostMessage);
      });
      for (const check of arrived.splice(0)) check();
    },
    loadEngines,
    clock: new FakeClock(),
    rssBytes: () => 42,
  });
  const send = (...messages: readonly HubMessage[]) => {
    const batch = new MessageBatch();
    for (const message of messages) batch.add(message);
    input.push(batch.take());
  };
  /** The first answer of a kind, when it has come. */
  const answer = async (kind: HostMessage["kind"]): Promise<HostMessage> => {
    for (;;) {
      const found = answers.find((message) => message.kind === kind);
      if (found) return found;
      await new Promise<void>((resolve) => void arrived.push(resolve));
    }
  };
  return { input, answers, send, answer, ended };
}

function earFrames(stream: number, frames: readonly PcmFrame[], firstSample = 0): HubMessage[] {
  return frames.map((pcm, i) => {
    return { kind: "ear-frame", stream, firstSample: firstSample + i * FRAME_SAMPLES, pcm };
  });
}

describe("the engine host's loop", () => {
  test("serves ears in turn, however much one of them has waiting", async () => {
    const { answers, send, answer, input, ended } = startHost();
    send(configure);
    await answer("ready");

    send(
      { kind: "open-ear", stream: 1, phrases: [] },
      { kind: "open-ear", stream: 2, phrases },
      ...earFrames(
        1,
        Array.from({ length: 100 }, () => loud),
      ),
      ...earFrames(2, [silence, marker]),
    );
    await answer("wake");
    input.end();
    await ended;

    const wake = answers.findIndex(({ kind }) => kind === "wake");
    const before = answers.slice(0, wake).filter(({ kind, stream }) => kind === "voice" && stream === 1);
    // By its second frame the other ear has had two, three at most, which are no more than two windows.
    expect(before.length).toBeLessThanOrEqual(2);
  });

  test("gives an ear its credit back by tens", async () => {
    const { answers, send, answer, input, ended } = startHost();
    send(configure);
    await answer("ready");

    send(
      { kind: "open-ear", stream: 1, phrases: [] },
      ...earFrames(
        1,
        Array.from({ length: 25 }, () => silence),
      ),
    );
    await answer("consumed");
    input.end();
    await ended;

    const credits = answers.filter(({ kind }) => kind === "consumed");
    expect(credits).toEqual([
      { kind: "consumed", stream: 1, amount: 10 },
      { kind: "consumed", stream: 1, amount: 10 },
    ]);
  });

  test("names the end of a window on the session's count, and forgets the past at a gap", async () => {
    const { answers, send, answer, input, ended } = startHost();
    send(configure);
    await answer("ready");
    const five = Array.from({ length: 5 }, () => loud);

    send(
      { kind: "open-ear", stream: 1, phrases: [] },
      ...earFrames(1, five, 1000),
      // A gap of one sample: two windows are complete again only four frames later.
      ...earFrames(1, five, 1000 + 5 * FRAME_SAMPLES + 1),
    );
    await answer("voice");
    input.end();
    await ended;

    const ends = answers.flatMap((message) => (message.kind === "voice" ? [message.endSample] : []));
    expect(ends).toEqual([1000 + 4 * 320, 1000 + 5 * 320, 2601 + 4 * 320, 2601 + 5 * 320]);
  });

  test("answers a ping with its memory", async () => {
    const { send, answer, input, ended } = startHost();

    send({ kind: "ping", stream: 0, id: 7 });
    const pong = await answer("pong");
    input.end();
    await ended;

    expect(pong).toEqual({ kind: "pong", stream: 0, id: 7, rssBytes: 42 });
  });

  test("ends its engines when the hub closes the pipe, also while they load", async () => {
    const loading = Promise.withResolvers<Engines>();
    const disposed = Promise.withResolvers<void>();
    const { input, send, ended } = startHost(() => loading.promise);
    send(configure);
    input.end();
    await ended;

    loading.resolve({
      voiceActivity: undefined,
      wakeWord: undefined,
      speechToText: [],
      textToSpeech: [],
      problems: [],
      [Symbol.asyncDispose]() {
        disposed.resolve();
        return Promise.resolve();
      },
    });

    expect(await disposed.promise).toBeUndefined();
  });

  test("ends with the error of an engine that throws while it listens", async () => {
    const bug = new TypeError("broken detector");
    const { send, answer, ended } = startHost(async (configuration) => {
      const engines = await loadToyEngines(configuration);
      const voiceActivity = {
        ...toyVoiceActivity,
        open: () => ({
          push() {
            throw bug;
          },
          reset: () => undefined,
          [Symbol.dispose]: () => undefined,
        }),
      };
      return { ...engines, voiceActivity };
    });
    send(configure);
    await answer("ready");

    send({ kind: "open-ear", stream: 1, phrases: [] }, ...earFrames(1, [silence]));

    await expect(ended).rejects.toBe(bug);
  });

  test("ends with the error of engines that cannot be loaded at all", async () => {
    const { send, ended } = startHost(() => Promise.reject(new RangeError("no")));

    send(configure);

    await expect(ended).rejects.toThrow("no");
  });

  test.each([
    ["a call before it is ready", [{ kind: "finish-stt", stream: 1 }], "finish-stt before ready"],
    ["a second configuration", [configure, configure], "configured twice"],
    ["a message of its own kind", [{ kind: "done", stream: 1 }], "done came from the hub"],
  ] satisfies [string, (HubMessage | HostMessage)[], string][])(
    "refuses %s",
    async (_, messages, problem) => {
      const { send, ended } = startHost();

      send(...(messages as HubMessage[]));

      await expect(ended).rejects.toThrow(problem);
    },
  );

  test("ignores what comes for a stream that is closed", async () => {
    const { answers, send, answer, input, ended } = startHost();
    send(configure);
    await answer("ready");

    send(
      { kind: "open-ear", stream: 1, phrases },
      { kind: "close", stream: 1 },
      { kind: "set-phrases", stream: 1, phrases: [] },
      ...earFrames(1, [marker]),
      { kind: "stt-frame", stream: 9, pcm: loud },
      { kind: "consumed", stream: 9, amount: 3 },
      { kind: "close", stream: 9 },
      { kind: "ping", stream: 0, id: 1 },
    );
    await answer("pong");
    input.end();
    await ended;

    expect(answers.map(({ kind }) => kind)).toEqual(["ready", "pong"]);
  });
});
