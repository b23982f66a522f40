import { expect, test } from "bun:test";
import { parse } from "yaml";
import { configExample, configJsonSchema } from "./documents.ts";
import { configKeys } from "./keys.ts";
import { loadConfig } from "./load.ts";

function load(yaml: string) {
  return loadConfig({ dataDir: "/d", env: {}, systemTimeZone: "UTC", readFile: () => yaml });
}

test("the example changes nothing as it is", () => {
  const { ok, ...rest } = load(configExample());

  expect({ ok, ...rest }).toEqual(load(""));
});

test("the example says the truth: every default can be uncommented", () => {
  const uncommented = configExample().replaceAll(/^( *)# ([a-z_]+: .+)$/gm, "$1$2");

  const values = parse(uncommented);
  expect(values.server).toMatchObject({ host: "127.0.0.1", port: 8765 });
  expect(load(uncommented)).toEqual(load(""));
});

test("every default and every description is in the example", () => {
  const example = configExample();

  for (const key of configKeys) {
    expect(example).toContain(`# ${key.description} (${key.variable})`);
    if (key.fallback !== undefined)
      expect(example).toContain(`${key.path.at(-1)}: ${JSON.stringify(key.fallback)}`);
  }
});

test("the JSON Schema refuses unknown keys and tells every default", () => {
  const schema = configJsonSchema();

  expect(schema).toMatchObject({
    title: "hearth.yaml",
    additionalProperties: false,
    properties: {
      server: {
        additionalProperties: false,
        properties: { port: { type: "integer", default: 8765, minimum: 0, maximum: 65_535 } },
      },
      satellites: {
        properties: { defaults: { properties: { wake: { default: ["hub", "on-device", "button"] } } } },
      },
    },
  });
});
