import { createHash } from "node:crypto";

/** Longest value of a label. */
const MAX_LENGTH = 63;
const HASH_LENGTH = 10;

/**
 * A name as the value of a label, the same for the same name: what is too long ends in a hash of
 * the whole name.
 */
export function labelValue(name: string): string {
  const value = name.trim().replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-_.]+|[-_.]+$/g, "");
  if (value === "") return "resource";
  if (value.length <= MAX_LENGTH) return value;
  const hash = createHash("sha256").update(value).digest("hex").slice(0, HASH_LENGTH);
  const prefix = value.slice(0, MAX_LENGTH - 1 - HASH_LENGTH).replace(/[-_.]+$/, "");
  return `${prefix}-${hash}`;
}
