import { createHash } from "node:crypto";

/** Longest name of a resource (RFC 1123 subdomain). */
const MAX_NAME = 253;

/**
 * The name of what a step of a run starts: `<run>-<step>-<token>`; what is no name, or too long for
 * one, ends in a hash of all three.
 */
export function runName(run: string, step: string, token: string): string {
  const name = `${run}-${step}-${token}`;
  if (name.length <= MAX_NAME && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) return name;
  const hash = createHash("sha1").update([run, step, token].join("\0")).digest("hex").slice(0, 8);
  const prefix = `${run}-${step}`.slice(0, MAX_NAME - 9).replace(/[-.]+$/, "");
  return `${prefix}-${hash}`;
}
