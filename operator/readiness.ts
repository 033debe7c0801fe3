import type { ElectionState } from "../kube/lease_election.ts";
import type { InformerStatus } from "../kube/informer.ts";

/** What readiness is judged by. */
export interface OperatorStatus {
  readonly caches: readonly { readonly kind: string; readonly status: InformerStatus }[];
  /** Undefined when there is no election. */
  readonly election: ElectionState | undefined;
}

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  /** What is in the way; empty when ready. */
  readonly reasons: readonly string[];
  readonly caches: Readonly<Record<string, InformerStatus>>;
  readonly role: string;
  readonly leader?: string;
}

/**
 * Whether the operator could do its work: it knows everything that it has to know. A candidate that
 * does not lead is ready, too: it is there to take over.
 */
export function readiness({ caches, election }: OperatorStatus): Readiness {
  const reasons = caches.filter(({ status }) => status.state !== "synced").map(
    ({ kind, status: { state, message } }) =>
      `${kind} is ${state}${message === undefined ? "" : `: ${message}`}`,
  );
  if (election?.error !== undefined && election.holder === undefined) {
    reasons.push(`lease: ${election.error.message}`);
  }
  return {
    ready: reasons.length === 0,
    reasons,
    caches: Object.fromEntries(caches.map(({ kind, status }) => [kind, status])),
    role: election?.role ?? "leader",
    ...(election?.holder === undefined ? {} : { leader: election.holder }),
  };
}
