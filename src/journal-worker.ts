import { serveWriter } from "#adapters/sqlite/writer-thread.ts";

/** The thread that writes the journal, and waits for its disk. */
const answer = serveWriter(
  (message) => postMessage(message),
  () => performance.now(),
);
addEventListener("message", (event) => answer((event as MessageEvent).data));
