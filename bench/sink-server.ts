import { answerBench, sharedNow } from "./child.ts";
import { AgeMeter } from "./frame-stamps.ts";

/** What the sink is asked for. */
export interface SinkSetup {
  readonly measureAges: boolean;
}

/** The least a server can do with frames: count them. */
const ages = new AgeMeter();
let frames = 0;
let bytes = 0;

answerBench({
  open({ measureAges }: SinkSetup) {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, upgrading) => (upgrading.upgrade(request) ? undefined : new Response("no")),
      websocket: {
        message(_, message) {
          if (typeof message === "string") return;
          frames += 1;
          bytes += message.byteLength;
          if (measureAges) ages.frame(message, sharedNow());
        },
      },
    });
    return server.port;
  },
  ages: () => ages.take(),
  count: () => ({ frames, bytes }),
});
