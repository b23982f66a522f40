import { expect, test } from "bun:test";
import { join } from "node:path";
import { eventsMarkdown, eventsSchema } from "./documentation.ts";

const docs = join(import.meta.dir, "..", "..", "docs");

test("docs/events.md says what the catalogue says (else run: bun scripts/generate-docs.ts)", async () => {
  expect(await Bun.file(join(docs, "events.md")).text()).toBe(eventsMarkdown());
});

test("docs/events.schema.json says what the catalogue says (else run: bun scripts/generate-docs.ts)", async () => {
  expect(await Bun.file(join(docs, "events.schema.json")).json()).toEqual(eventsSchema());
});
