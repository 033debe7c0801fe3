import type { OutboxStatus } from "../client/outbox_options.ts";
import type { ElectionState } from "../kube/lease_election.ts";
import { type FluxKind, isFluxKind, isNodeKind } from "./flux/kinds.ts";
import type { KindStatus } from "./watched_kind.ts";

/** What readiness is judged by. */
export interface AdapterStatus {
  /** What is watched. */
  readonly kinds: Readonly<Partial<Record<FluxKind, KindStatus>>>;
  /** Absent while another adapter posts. */
  readonly router?: OutboxStatus;
  /** Absent when there is no election. */
  readonly lease?: LeaseStatus;
}

/** How the election stands. */
export interface LeaseStatus {
  /** `namespace/name` */
  readonly name: string;
  /** Ours. */
  readonly identity: string;
  /** Absent until the lease was asked for. */
  readonly election?: ElectionState;
}

/** Which part an adapter has among those of its cluster. */
export type Role =
  /** It posts. */
  | "leader"
  /** Another one posts; this one is ready to. */
  | "standby"
  /** Nobody is known to post. */
  | "candidate"
  /** There is no election: it posts. */
  | "single";

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  readonly role: Role;
  /** What is in the way; empty when ready. */
  readonly reasons: readonly string[];
  readonly lease?: {
    readonly name: string;
    readonly identity: string;
    readonly leader?: string;
    /** Since when the role is what it is, RFC 3339. */
    readonly since?: string;
    readonly error?: string;
  };
  readonly kinds: AdapterStatus["kinds"];
  readonly router?: {
    /** The last request was answered by a flow router. */
    readonly reachable: boolean;
    /** It has everything that it shall have. */
    readonly inSync: boolean;
    /** It has a later state than this adapter, which posts nothing until it has caught up. */
    readonly isAhead?: true;
    /** RFC 3339. */
    readonly lastAnswer?: string;
    readonly lastPost?: string;
    readonly error?: string;
  };
}

/**
 * Whether the adapter does its work, or is ready to: all objects are known that become nodes, and
 * the router has answered once, or another adapter has the lease. It stays ready when the router
 * goes away later, because starting it anew would bring nothing back; but not while the router
 * denies it access, because then somebody has to act.
 */
export function readiness(status: AdapterStatus): Readiness {
  const { kinds, lease, router } = status;
  const role = roleOf(lease);
  const reasons = [
    ...kindReasons(kinds),
    ...leaseReasons(role, lease),
    ...(role === "standby" || role === "candidate" ? [] : routerReasons(router)),
  ];
  return {
    ready: reasons.length === 0,
    role,
    reasons,
    ...(lease === undefined ? {} : { lease: leaseView(lease) }),
    kinds,
    ...(router === undefined ? {} : { router: routerView(router) }),
  };
}

/** What part an adapter has that knows this of its lease. */
export function roleOf(lease: LeaseStatus | undefined): Role {
  if (lease === undefined) return "single";
  const { role, holder } = lease.election ?? {};
  if (role === "leader") return "leader";
  return holder === undefined || holder === lease.identity ? "candidate" : "standby";
}

/** A missing CRD is in the way only when there is nothing else to show. */
function kindReasons(kinds: AdapterStatus["kinds"]): string[] {
  const nodes = Object.entries(kinds).filter(([kind]) => isFluxKind(kind) && isNodeKind(kind));
  const isShowing = nodes.some(([, { state }]) => state === "synced");
  return nodes
    .filter(([, { state }]) => state !== "synced" && !(isShowing && state === "crd-missing"))
    .map(([kind, { state, message }]) =>
      `${kind} is ${state}${message === undefined ? "" : `: ${message}`}`
    );
}

function leaseReasons(role: Role, lease: LeaseStatus | undefined): string[] {
  const { error } = lease?.election ?? {};
  // What somebody has to grant or to make; a network comes back by itself.
  const isDenied = error !== undefined && DENIED.has(error.code);
  if (role !== "candidate" && !isDenied) return [];
  return [`no leader is known${error === undefined ? "" : `: ${error.message}`}`];
}

const DENIED: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "not-found"]);

function routerReasons(router: OutboxStatus | undefined): string[] {
  if (router?.error?.isDenied) return [`router denies access: ${router.error.message}`];
  if (router?.lastAnswerAt !== undefined) return [];
  return [`router has not answered${router?.error ? `: ${router.error.message}` : ""}`];
}

function leaseView({ name, identity, election }: LeaseStatus): NonNullable<Readiness["lease"]> {
  const { holder, since, error } = election ?? {};
  return {
    name,
    identity,
    ...(holder === undefined ? {} : { leader: holder }),
    ...(since === undefined ? {} : { since: timeOf(since) }),
    ...(error === undefined ? {} : { error: error.message }),
  };
}

function routerView(router: OutboxStatus): NonNullable<Readiness["router"]> {
  return {
    reachable: router.lastAnswerAt !== undefined && router.error === undefined,
    inSync: router.inSync,
    ...(router.isBehind ? { isAhead: true } : {}),
    ...(router.lastAnswerAt === undefined ? {} : { lastAnswer: timeOf(router.lastAnswerAt) }),
    ...(router.lastPostAt === undefined ? {} : { lastPost: timeOf(router.lastPostAt) }),
    ...(router.error === undefined ? {} : { error: router.error.message }),
  };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
