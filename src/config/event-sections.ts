import { z } from "zod";
import { secrets } from "./secret.ts";

/** A broker's password: whatever its owner chose. */
const password = z
  .string()
  .min(1)
  .max(512)
  .describe("The password to show the broker.")
  .register(secrets, { secret: true });

/** Types of event, as patterns. */
export const eventTypes = z
  .array(
    z
      .string()
      .max(64)
      .regex(/^[a-z0-9_*]+$/, "takes event types, where * stands for any characters"),
  )
  .min(1)
  .max(100);

/** The `events` section. */
export const Events = z
  .strictObject({
    bridge: z
      .strictObject({
        url: z
          .url({
            protocol: /^mqtts?$/,
            error: "is no broker's address; write mqtt://host:1883 or mqtts://host:8883",
          })
          .max(300)
          .refine(
            (url) => !URL.canParse(url) || new URL(url).password === "",
            "may not hold a password; use `password_file`",
          )
          .optional()
          .describe("An MQTT 5 broker every stored event is published to. Left out: none."),
        username: z.string().min(1).max(128).optional().describe("The name to show the broker."),
        password: password.optional(),
        password_file: z
          .string()
          .min(1)
          .optional()
          .describe(
            "A file that holds the password, instead of `password`. Relative to the configuration file.",
          ),
        hub: z
          .string()
          .min(1)
          .max(63)
          .regex(/^[^/+#\s$][^/+#\s]*$/, "may not hold / + # or spaces")
          .optional()
          .describe("What this hub is called in topics, hearth/<hub>/events/<type>. Left out: `hub.name`."),
      })
      .prefault({})
      .describe("Publishes events to a broker, for a site with more than one hub."),
  })
  .describe("Where events go besides the feed.");
