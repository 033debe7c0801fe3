import type { AuditedRequest } from "../operator/audit.ts";

const WRITES: ReadonlySet<string> = new Set(["create", "update", "patch", "delete"]);
/** What a standby does, too: it is how it asks whether it may lead. */
const LEASES = "leases";

/**
 * The writes of operators that did not hold the Lease when the API server got them, in words. By the
 * API server's clock alone, whatever the operators believed.
 *
 * @param requests of the operators, each with a user of its own
 */
export function writesWithoutLease(requests: readonly AuditedRequest[]): string[] {
  const wrong: string[] = [];
  let holder: string | undefined;
  const inOrder = requests.filter(({ verb }) => WRITES.has(verb))
    .toSorted((a, b) => a.receivedAt - b.receivedAt);
  for (const { user, verb, resource, name, code, receivedAt, ...lease } of inOrder) {
    if (resource === LEASES) {
      // One that another has written meanwhile, or that never was answered, has changed nothing.
      if (code < 300) holder = lease.holder ? user : undefined;
    } else if (user !== holder) {
      const at = new Date(receivedAt).toISOString();
      wrong.push(
        `${at}: ${user} ${verb} ${resource} ${name} (${code}), lease: ${holder ?? "free"}`,
      );
    }
  }
  return wrong;
}
