import { join } from "node:path";
import { eventsMarkdown, eventsSchema } from "#events/documentation.ts";

/** Writes the documents that are generated from the sources. Tests fail while one of them is stale. */
const docs = join(import.meta.dir, "..", "docs");
await Bun.write(join(docs, "events.md"), eventsMarkdown());
await Bun.write(join(docs, "events.schema.json"), `${JSON.stringify(eventsSchema(), null, 2)}\n`);
