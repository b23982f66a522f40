import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";

/** A broker, and what to show it. */
export interface Broker {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Why a connection could not be made, in MQTT's or the system's words; never a secret. */
export class BrokerRefused extends Error {
  override readonly name = "BrokerRefused";
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(`the broker refuses: ${code}`, options);
    this.code = code;
  }
}

/** A connection, and what the broker takes at once. */
export interface BrokerConnection {
  readonly client: MqttClient;
  /** Messages the broker acknowledges at the latest before it wants another. */
  readonly receiveMaximum: number;
  /** The largest message with its head, in bytes. */
  readonly maximumPacketBytes: number;
}

/** How long a broker may take to accept a connection. */
const CONNECT_MS = 10_000;
/** A broker that is silent for one and a half of this is gone. */
const KEEPALIVE_SECONDS = 15;

/**
 * Connect once, over MQTT 5. The library is loaded here: hubs without a broker never pay for it.
 *
 * It neither reconnects nor repeats anything by itself; whoever connects knows what the broker has acknowledged.
 *
 * @throws {BrokerRefused} when the broker cannot be reached or does not accept; the signal's reason on abort.
 */
export async function connectBroker(
  broker: Broker,
  options: Pick<IClientOptions, "clientId" | "clean" | "properties">,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const { connect } = await import("mqtt");
  signal.throwIfAborted();
  const client = connect(broker.url, {
    ...options,
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_MS,
    keepalive: KEEPALIVE_SECONDS,
    resubscribe: false,
    ...(broker.username !== undefined && { username: broker.username }),
    ...(broker.password !== undefined && { password: broker.password }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<IConnackPacket>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  client.on("connect", resolve);
  // A handler stays: an error nobody listens to would end the process.
  client.on("error", (error: Error & { code?: number | string }) => {
    reject(new BrokerRefused(String(error.code ?? error.name), { cause: error }));
  });
  client.on("close", () => reject(new BrokerRefused("closed")));
  try {
    const { properties } = await promise;
    return {
      client,
      // What MQTT 5 says of a broker that does not say.
      receiveMaximum: properties?.receiveMaximum ?? 65_535,
      maximumPacketBytes: properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    };
  } catch (error) {
    client.end(true);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Resolves when the connection is gone, however it ended. */
export function gone(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    if (client.disconnecting || !client.connected) resolve();
    client.once("close", () => resolve());
  });
}
