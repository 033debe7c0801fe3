import type { Reporter } from "../tools/reporter.ts";
import { BenchError } from "./errors.ts";
import type { Workshop } from "./peer.ts";
import type { Skipped } from "./results.ts";

/** Builds or finds what peers need; says which cannot be had here, and why. */
export async function prepare<Prepared>(
  peers: readonly { readonly name: string; prepare(workshop: Workshop): Promise<Prepared> }[],
  workshop: Workshop,
  reporter: Reporter,
): Promise<{ prepared: Map<string, Prepared>; missing: Skipped[] }> {
  const prepared = new Map<string, Prepared>();
  const missing: Skipped[] = [];
  for (const peer of peers) {
    try {
      prepared.set(peer.name, await peer.prepare(workshop));
    } catch (error) {
      if (!(error instanceof BenchError) || error.code !== "unavailable") throw error;
      reporter.line(`without ${peer.name}: ${error.message}`);
      missing.push({ what: peer.name, why: error.message });
    }
  }
  return { prepared, missing };
}
