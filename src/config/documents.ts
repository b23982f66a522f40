import { z } from "zod";
import { configKeys } from "./keys.ts";
import { ConfigFile } from "./schema.ts";

/** JSON Schema of `hearth.yaml`, for editors; generated from the same schema that checks it. */
export function configJsonSchema(): unknown {
  const schema = z.toJSONSchema(ConfigFile, { io: "input" });
  return { ...schema, title: "hearth.yaml", description: "The configuration of a Hearth voice hub." };
}

/** A `hearth.yaml` with every key, its description, its variable and its default, all of it commented out. */
export function configExample(): string {
  const lines = ["# hearth.yaml. What is commented out is the default."];
  const open: string[] = [];
  for (const { path, variable, description, fallback } of configKeys) {
    const sections = path.slice(0, -1);
    for (const [depth, section] of sections.entries()) {
      if (open[depth] === section) continue;
      open.splice(depth);
      open.push(section);
      if (depth === 0) lines.push("");
      lines.push(`${"  ".repeat(depth)}${section}:`);
    }
    open.splice(sections.length);
    const indent = "  ".repeat(sections.length);
    lines.push(`${indent}# ${description} (${variable})`);
    lines.push(`${indent}# ${path.at(-1)}:${fallback === undefined ? "" : ` ${JSON.stringify(fallback)}`}`);
  }
  return `${lines.join("\n")}\n`;
}
