import type { AuditedRequest } from "../operator/audit.ts";

const WRITES: ReadonlySet<string> = new Set(["create", "update", "patch", "delete"]);
/** What a standby does, too: it is how it asks whether it may lead. */
const LEASES = "leases";

/** Writes of operators that did not hold the Lease when the API server got them, in words. */
export interface LateWrites {
  /** Have taken effect: two have led at once. */
  readonly done: readonly string[];
  /**
   * Have taken effect as well, but were on their way when their sender froze or was told to stop: they
   * came right after it woke up or gave the Lease back, and nobody had touched their object since
   * they were decided on, or they would have been refused.
   */
  readonly late: readonly string[];
  /**
   * Were refused, because the object was not the one any more that they were decided on, or broken
   * off by their sender. That is how what was on its way when a process was frozen or told to stop
   * ends; nobody could have held it back.
   */
  readonly refused: readonly string[];
}

/** A process that was frozen goes on. */
export interface WakeUp {
  readonly user: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What a process had begun to send is there so many milliseconds after it wakes up, or ends. */
const ON_ITS_WAY_MS = 500;

/**
 * Looks who held the Lease at each write, by the API server's clock alone, whatever the operators
 * believed.
 *
 * @param requests of the operators, each with a user of its own
 */
export function writesWithoutLease(
  requests: readonly AuditedRequest[],
  wakeUps: readonly WakeUp[] = [],
): LateWrites {
  const done: string[] = [];
  const late: string[] = [];
  const refused: string[] = [];
  let holder: string | undefined;
  const ends = [...wakeUps];
  const inOrder = requests.filter(({ verb }) => WRITES.has(verb))
    .toSorted((a, b) => a.receivedAt - b.receivedAt);
  for (const { user, verb, resource, name, code, receivedAt, ...lease } of inOrder) {
    if (resource === LEASES) {
      // One that another has written meanwhile, or that never was answered, has changed nothing.
      if (code >= 300) continue;
      holder = lease.holder ? user : undefined;
      if (holder === undefined) ends.push({ user, at: receivedAt });
    } else if (user !== holder) {
      const time = new Date(receivedAt).toISOString();
      const wasOnItsWay = ends.some((one) =>
        one.user === user && receivedAt >= one.at && receivedAt <= one.at + ON_ITS_WAY_MS
      );
      (code >= 300 ? refused : wasOnItsWay ? late : done).push(
        `${time}: ${user} ${verb} ${resource} ${name} (${code}), lease: ${holder ?? "free"}`,
      );
    }
  }
  return { done, late, refused };
}
