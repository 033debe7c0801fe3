import { createHash } from "node:crypto";

/** Longest DNS-1123 label. */
const MAX_LENGTH = 63;
const HASH_LENGTH = 12;

/**
 * The name of what belongs to several things, such as a StoryRun and a step: a DNS-1123 label, the
 * same for the same parts. Names that do not fit end in a hash of the parts as they were given.
 */
export function composeName(...parts: readonly string[]): string {
  const base = parts.map(dnsSegment).filter((part) => part !== "").join("-");
  if (base === "") return "resource";
  if (base.length <= MAX_LENGTH) return base;
  const prefix = base.slice(0, MAX_LENGTH - HASH_LENGTH - 1).replace(/-$/, "");
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return `${prefix}-${hash.digest("hex").slice(0, HASH_LENGTH)}`;
}

function dnsSegment(part: string): string {
  return part.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
