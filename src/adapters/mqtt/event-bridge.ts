import type { MqttClient } from "mqtt";
import type { Clock } from "#ports/clock.ts";
import type { Journal, StoredEvent } from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";
import { readPosition, writePosition } from "./bridge-position.ts";
import { type Broker, type BrokerConnection, BrokerRefused, connectBroker, gone } from "./connection.ts";
import { eventTopic } from "./topics.ts";

/** Events on their way to the broker at once. */
const IN_FLIGHT = 64;
/** Stored events looked at in one go. */
const PAGE_ROWS = 2000;
/** Room for a message's topic and properties. */
const HEAD_BYTES = 512;
/** How often the acknowledged position is noted on disk; after a crash what was sent since is sent again. */
const NOTE_EVERY_MS = 1000;
/** Pauses before the next attempts to reach a broker. */
const RETRY_MS = [500, 1000, 2000, 5000, 10_000, 30_000];

export interface EventBridgeOptions {
  readonly broker: Broker;
  /** What this hub is called in topics. */
  readonly hub: string;
  readonly journal: Journal;
  /** Where the position is kept. */
  readonly positionPath: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when the broker is reached, and with a reason when it is lost or cannot be reached. */
  readonly onState: (state: "ready" | "unavailable", reason?: string) => void;
}

/** An event on its way. */
interface Flight {
  readonly seq: number;
  done: boolean;
}

/** What the bridge has done. */
interface BridgeStats {
  readonly connected: boolean;
  /** Highest seq the broker has acknowledged together with everything before it. */
  readonly acknowledged: number;
  readonly published: number;
}

/** A bridge that runs. Disposing waits a moment for what is in flight, and notes the position. */
export interface EventBridge extends AsyncDisposable {
  stats(): BridgeStats;
}

/**
 * Publish every stored event to a broker, each as its JSON to `hearth/<hub>/events/<type>` with QoS 1.
 *
 * Only what is on this hub's disk is published, so that nothing is sent whose number might come again with another
 * event. After an outage it goes on after the last event the broker acknowledged: nothing is lost that the journal
 * still keeps, and what is sent twice is sent with the same number. The user property `previous` is the number of
 * the stored event before, by which a reader sees whether it missed one.
 */
export function startEventBridge(options: EventBridgeOptions): EventBridge {
  return new Bridge(options);
}

class Bridge implements EventBridge {
  readonly #options: EventBridgeOptions;
  readonly #target: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #client: MqttClient | undefined;
  #acknowledged: number;
  #noted: number;
  #notedAt = Number.NEGATIVE_INFINITY;
  #published = 0;
  /** Woken when the journal has more, or the connection is gone. */
  #wake = Promise.withResolvers<void>();

  constructor(options: EventBridgeOptions) {
    this.#options = options;
    this.#target = `${options.broker.url} ${options.hub}`;
    this.#acknowledged = readPosition(options.positionPath, this.#target);
    this.#noted = this.#acknowledged;
    options.journal.onDurable(this.#stopping.signal, () => this.#wake.resolve());
    this.#running = this.#run();
  }

  stats(): BridgeStats {
    return {
      connected: this.#client?.connected ?? false,
      acknowledged: this.#acknowledged,
      published: this.#published,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#wake.resolve();
    await this.#running;
    this.#note();
  }

  async #run(): Promise<void> {
    const { broker, hub, clock, log, onState } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    const failed = (reason: string) => {
      if (failures === 0) {
        log.warn("the event bridge has no broker", { reason });
        onState("unavailable", reason);
      }
      failures += 1;
    };
    while (!signal.aborted) {
      try {
        // Not the hub's name alone: two hubs of one name would throw each other out for ever.
        const clientId = `hearth-${hub}-${crypto.randomUUID().slice(0, 8)}`;
        const connection = await connectBroker(broker, { clientId, clean: true }, signal);
        this.#client = connection.client;
        if (failures === 0) onState("ready");
        const before = this.#acknowledged;
        const reason = await this.#publishAll(connection, () => {
          if (failures > 0) onState("ready");
          failures = 0;
        });
        connection.client.end(!connection.client.connected);
        if (this.#acknowledged > before) failures = 0;
        if (!signal.aborted) failed(reason);
      } catch (error) {
        if (!signal.aborted) failed(error instanceof BrokerRefused ? error.code : "unknown");
      }
      this.#client = undefined;
      const pauseMs = RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 0;
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** Publish until the connection is gone or the hub stops; resolves with why. */
  async #publishAll({ client, ...limits }: BrokerConnection, onProgress: () => void): Promise<string> {
    const { journal, clock } = this.#options;
    const { signal } = this.#stopping;
    const most = Math.min(IN_FLIGHT, limits.receiveMaximum);
    let reason = "connection lost";
    void gone(client).then(() => this.#wake.resolve());
    let sent = this.#acknowledged;
    /** What the broker has yet to acknowledge, in order. */
    const flying: Flight[] = [];
    const settle = (flight: Flight, refusal: string | undefined) => {
      if (refusal !== undefined) {
        if (!client.connected) return; // sent again after the next connection
        reason = refusal;
        client.end(true);
        return;
      }
      flight.done = true;
      while (flying[0]?.done) this.#acknowledged = flying.shift()?.seq ?? this.#acknowledged;
      onProgress();
      this.#wake.resolve();
    };
    while (client.connected && !signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      const room = most - flying.length;
      const { durableSeq } = journal;
      if (room > 0 && durableSeq > sent) {
        const page = journal.readPage({ afterSeq: sent, throughSeq: durableSeq, limit: room }, PAGE_ROWS);
        for (const event of page.events) {
          const flight: Flight = { seq: event.seq, done: false };
          flying.push(flight);
          const previous = Math.max(sent, Math.min(journal.lostThrough(), event.seq - 1));
          this.#publish(client, event, { previous, maximumBytes: limits.maximumPacketBytes }, (refusal) =>
            settle(flight, refusal),
          );
          sent = event.seq;
        }
        sent = Math.max(sent, page.next ?? durableSeq);
        this.#noteNowAndThen();
        await clock.sleep(0, signal).catch(() => undefined);
        continue;
      }
      if (flying.length === 0) this.#acknowledged = Math.max(this.#acknowledged, sent);
      this.#noteNowAndThen();
      await this.#wake.promise;
    }
    if (client.connected && flying.length > 0) await this.#landed(client, flying);
    return reason;
  }

  #publish(
    client: MqttClient,
    event: StoredEvent,
    { previous, maximumBytes }: { readonly previous: number; readonly maximumBytes: number },
    onSettled: (refusal: string | undefined) => void,
  ): void {
    const { hub, log } = this.#options;
    if (Buffer.byteLength(event.text) + HEAD_BYTES > maximumBytes) {
      log.warn("an event is too big for the broker and was left out", { seq: event.seq });
      onSettled(undefined);
      return;
    }
    const { type } = JSON.parse(event.text) as { type: string };
    const properties = {
      contentType: "application/json",
      payloadFormatIndicator: true,
      userProperties: { seq: `${event.seq}`, previous: `${previous}` },
    };
    this.#published += 1;
    client.publish(eventTopic(hub, type), event.text, { qos: 1, properties }, (error) => {
      const code = error && "code" in error ? error.code : undefined;
      onSettled(error ? `refused (${String(code ?? error.name)})` : undefined);
    });
  }

  /** Wait at most a second for acknowledgements, when the hub stops. */
  async #landed(client: MqttClient, flying: readonly { readonly seq: number }[]): Promise<void> {
    const late = new AbortController();
    const timeout = this.#options.clock.sleep(1000, late.signal).catch(() => undefined);
    while (flying.length > 0 && client.connected) {
      this.#wake = Promise.withResolvers<void>();
      const winner = await Promise.race([this.#wake.promise, timeout.then(() => "late" as const)]);
      if (winner === "late") break;
    }
    late.abort();
  }

  #noteNowAndThen(): void {
    const { clock } = this.#options;
    if (clock.now() - this.#notedAt >= NOTE_EVERY_MS) this.#note();
  }

  #note(): void {
    if (this.#acknowledged === this.#noted) return;
    const { positionPath, clock, log } = this.#options;
    this.#notedAt = clock.now();
    try {
      writePosition(positionPath, { target: this.#target, seq: this.#acknowledged });
      this.#noted = this.#acknowledged;
    } catch {
      log.warn("the event bridge cannot note its position", { acknowledged: this.#acknowledged });
    }
  }
}
