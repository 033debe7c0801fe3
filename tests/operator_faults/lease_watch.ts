import type { AuditedRequest } from "../operator/audit.ts";

const WRITES: ReadonlySet<string> = new Set(["create", "update", "patch", "delete"]);
/** What a standby does, too: it is how it asks whether it may lead. */
const LEASES = "leases";

/** Writes of operators that did not hold the Lease when the API server got them, in words. */
export interface LateWrites {
  /** Have taken effect: two have led at once. */
  readonly done: readonly string[];
  /**
   * Were refused, because the object was not the one any more that they were decided on, or broken
   * off by their sender. That is how what was on its way when a process was frozen or told to stop
   * ends; nobody could have held it back.
   */
  readonly refused: readonly string[];
}

/**
 * Looks who held the Lease at each write, by the API server's clock alone, whatever the operators
 * believed.
 *
 * @param requests of the operators, each with a user of its own
 */
export function writesWithoutLease(requests: readonly AuditedRequest[]): LateWrites {
  const done: string[] = [];
  const refused: string[] = [];
  let holder: string | undefined;
  const inOrder = requests.filter(({ verb }) => WRITES.has(verb))
    .toSorted((a, b) => a.receivedAt - b.receivedAt);
  for (const { user, verb, resource, name, code, receivedAt, ...lease } of inOrder) {
    if (resource === LEASES) {
      // One that another has written meanwhile, or that never was answered, has changed nothing.
      if (code < 300) holder = lease.holder ? user : undefined;
    } else if (user !== holder) {
      const at = new Date(receivedAt).toISOString();
      (code < 300 ? done : refused).push(
        `${at}: ${user} ${verb} ${resource} ${name} (${code}), lease: ${holder ?? "free"}`,
      );
    }
  }
  return { done, refused };
}
