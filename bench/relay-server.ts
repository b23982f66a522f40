import { answerBench } from "./child.ts";

/** What the relay is asked for. */
export interface RelaySetup {
  readonly voiceUrl: string;
}

/**
 * The least that can stand between a satellite and a voice: it passes on whatever comes, both ways.
 *
 * Text that begins with `{` is echoed to the satellite itself.
 */
answerBench({
  async open({ voiceUrl }: RelaySetup) {
    const voice = new WebSocket(voiceUrl);
    voice.binaryType = "arraybuffer";
    await new Promise((resolve) => voice.addEventListener("open", resolve, { once: true }));
    return Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no")),
      websocket: {
        open(socket) {
          voice.addEventListener("message", ({ data }) => void socket.send(data));
        },
        message(socket, message) {
          if (typeof message === "string" && message.startsWith("{")) socket.send(message);
          else voice.send(message);
        },
      },
    }).port;
  },
});
