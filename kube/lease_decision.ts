import type { KubeObject } from "./resources.ts";

/** The part of `coordination.k8s.io/v1 LeaseSpec` that an election is made of. */
export interface LeaseSpec {
  /** Absent or empty: nobody holds it. */
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  /** RFC 3339 with microseconds. For people: no clock of another machine decides anything here. */
  readonly acquireTime?: string | null;
  readonly renewTime?: string | null;
  /** How often the lease has changed hands. */
  readonly leaseTransitions?: number | null;
}

/** A Lease as the API server has it. What we do not know of it is kept when we write it. */
export type Lease = KubeObject & { readonly spec?: LeaseSpec | null };

/** What a candidate knows of a lease. Times are on the candidate's own clock, in milliseconds. */
export interface ObservedLease {
  /** Absent when there is none. */
  readonly lease: Lease | undefined;
  readonly holder: string | undefined;
  /**
   * Until then the holder may believe to lead. It counts from when the candidate saw the record
   * change, which was after the holder wrote it: two clocks need to run about equally fast, but not
   * to show the same time.
   */
  readonly heldUntil: number;
}

/**
 * Takes note of what was read.
 *
 * A record that has not changed goes on to expire. A lease that was deleted is held all the same
 * until its time is up, because its holder finds out only with its next renewal.
 *
 * @param fallbackMs how long a holder that does not say so is taken to hold the lease
 */
export function observe(
  before: ObservedLease | undefined,
  lease: Lease | undefined,
  now: number,
  fallbackMs: number,
): ObservedLease {
  if (lease === undefined) {
    return { lease, holder: before?.holder, heldUntil: before?.heldUntil ?? -Infinity };
  }
  // Labels and annotations may be written by anybody and prove no life.
  if (before?.lease !== undefined && isSameRecord(before.lease, lease)) return { ...before, lease };
  const { holderIdentity, leaseDurationSeconds } = lease.spec ?? {};
  if (!holderIdentity) return { lease, holder: undefined, heldUntil: -Infinity };
  const duration = (leaseDurationSeconds ?? 0) > 0
    ? (leaseDurationSeconds ?? 0) * 1_000
    : fallbackMs;
  return { lease, holder: holderIdentity, heldUntil: now + duration };
}

/** What a candidate may do to a lease now. */
export type Move = "create" | "update" | "wait";

/**
 * Whether a candidate may write the lease: it is its own, nobody's, or its holder has let its time
 * pass. The write is still a race, which the resourceVersion that it carries decides.
 */
export function nextMove(observed: ObservedLease, identity: string, now: number): Move {
  const { lease, holder, heldUntil } = observed;
  const isFree = holder === undefined || holder === identity || now >= heldUntil;
  if (!isFree) return "wait";
  return lease === undefined ? "create" : "update";
}

/**
 * The record by which `identity` holds the lease from `wallNow` (Unix milliseconds) on.
 *
 * @param durationMs what the others shall leave it alone for after each sign of life
 */
export function claim(
  lease: Lease | undefined,
  identity: string,
  wallNow: number,
  durationMs: number,
): LeaseSpec {
  const { spec } = lease ?? {};
  const isRenewal = spec?.holderIdentity === identity;
  const now = microTime(wallNow);
  const transitions = spec?.leaseTransitions ?? 0;
  return {
    ...spec,
    holderIdentity: identity,
    // Whole seconds are all that the record can say; more is safe, less is not.
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: isRenewal && spec.acquireTime ? spec.acquireTime : now,
    renewTime: now,
    leaseTransitions: lease === undefined || isRenewal ? transitions : transitions + 1,
  };
}

/** The record of a lease that anybody may take at once. */
export function vacancy({ spec }: Lease, wallNow: number): LeaseSpec {
  // Null, not "": the API server refuses a holder without a name.
  return {
    ...spec,
    holderIdentity: null,
    leaseDurationSeconds: 1,
    renewTime: microTime(wallNow),
  };
}

/** `metav1.MicroTime`, which insists on six digits. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}

function isSameRecord(a: Lease, b: Lease): boolean {
  const [one, other] = [a.spec ?? {}, b.spec ?? {}];
  return one.holderIdentity === other.holderIdentity && one.renewTime === other.renewTime &&
    one.acquireTime === other.acquireTime &&
    one.leaseDurationSeconds === other.leaseDurationSeconds &&
    one.leaseTransitions === other.leaseTransitions;
}
