/** zod schemas for objects that others own: what does not have the expected shape counts as absent. */
import { z } from "zod";

/** `schema`, or undefined. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

/** A non-empty string. */
export const text = optional(z.string().min(1));

/** An integer, as generations and counters are. */
export const count = optional(z.int());

/** True, or absent. */
export const truthy = optional(z.literal(true));

/** An RFC 3339 time as Unix milliseconds. */
export const time = optional(
  z.string().transform((value) => Date.parse(value)).pipe(z.int()),
);
