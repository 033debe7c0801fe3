import type { OutboxStatus } from "../client/outbox_options.ts";
import type { KindStatus } from "./watched_kind.ts";

/** What readiness is judged by. */
export interface AdapterStatus {
  /** Without this kind there is nothing to show. */
  readonly helmRelease: KindStatus;
  /** This kind only refines what is shown. */
  readonly helmChart: KindStatus;
  readonly router: OutboxStatus;
}

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  /** What is in the way; empty when ready. */
  readonly reasons: readonly string[];
  readonly kinds: { readonly HelmRelease: KindStatus; readonly HelmChart: KindStatus };
  readonly router: {
    /** The last request was answered by a flow router. */
    readonly reachable: boolean;
    /** It has everything that it shall have. */
    readonly inSync: boolean;
    /** RFC 3339. */
    readonly lastAnswer?: string;
    readonly lastPost?: string;
    readonly error?: string;
  };
}

/**
 * Whether the adapter does its work: all HelmReleases are known and the router has answered once.
 * It stays ready when the router goes away later, because starting it anew would bring nothing back.
 */
export function readiness({ helmRelease, helmChart, router }: AdapterStatus): Readiness {
  const reasons: string[] = [];
  if (helmRelease.state !== "synced") {
    const why = helmRelease.message === undefined ? "" : `: ${helmRelease.message}`;
    reasons.push(`HelmRelease is ${helmRelease.state}${why}`);
  }
  if (router.lastAnswerAt === undefined) {
    reasons.push(`router has not answered${router.error ? `: ${router.error.message}` : ""}`);
  }
  return {
    ready: reasons.length === 0,
    reasons,
    kinds: { HelmRelease: helmRelease, HelmChart: helmChart },
    router: {
      reachable: router.lastAnswerAt !== undefined && router.error === undefined,
      inSync: router.inSync,
      ...(router.lastAnswerAt === undefined ? {} : { lastAnswer: timeOf(router.lastAnswerAt) }),
      ...(router.lastPostAt === undefined ? {} : { lastPost: timeOf(router.lastPostAt) }),
      ...(router.error === undefined ? {} : { error: router.error.message }),
    },
  };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
