import type { EventWriter } from "#adapters/sqlite/event-writer.ts";
import { threadWriter } from "#adapters/sqlite/writer-thread.ts";

/**
 * The journal's writer on a thread of its own.
 *
 * A worker's address is resolved against the source file, or in the executable against its entry point's folder: so
 * both files stand beside `main.ts`.
 */
export function journalThread(path: string): EventWriter {
  return threadWriter(path, () => new Worker(new URL("./journal-worker.ts", import.meta.url).href));
}
