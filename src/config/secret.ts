import { z } from "zod";

/**
 * Schemas whose values are secrets.
 *
 * Redaction asks this register, so a key is secret because the schema says so and not because of its name.
 */
export const secrets = z.registry<{ readonly secret: true }>();

/**
 * A shared secret of 16 to 512 printable characters without spaces.
 *
 * 16 is the shortest that cannot be tried out over a network at the rates the sockets allow.
 */
export const secretText = z
  .string()
  .min(16)
  .max(512)
  .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
  .describe("16 to 512 printable characters without spaces. `openssl rand -hex 32` makes a good one.")
  .register(secrets, { secret: true });
