import { composeName } from "../../contracts/transport/compose_name.ts";
import type { Claim } from "./admission.ts";

/** How far a certificate must vouch for what its stream claims. */
export type IdentityMode = "enforce" | "report";

/**
 * Whether a certificate speaks for the step that its stream claims to be.
 *
 * A name of the form `<service>.<namespace>.svc…` speaks for the step whose service it is, and
 * `*.<namespace>.svc…` for every step of the namespace; a SPIFFE id `spiffe://…/ns/<namespace>/…`
 * for every step of its namespace (the form that cert-manager's csi-driver-spiffe issues).
 *
 * @param names `subjectaltname` as node:tls gives it: `DNS:a, URI:b`
 * @returns undefined when it does, else what is wrong
 */
export function identityProblem(names: string | undefined, claim: Claim): string | undefined {
  const service = composeName(claim.storyRun, claim.step);
  for (const entry of (names ?? "").split(",").map((part) => part.trim())) {
    if (entry.startsWith("DNS:")) {
      const [host, namespace, svc] = entry.slice(4).toLowerCase().split(".");
      if (namespace !== claim.namespace || svc !== undefined && svc !== "svc") continue;
      if (host === "*" || host === service) return undefined;
    }
    const spiffe = /^URI:spiffe:\/\/[^/]+\/ns\/([^/]+)\//.exec(entry);
    if (spiffe?.[1] === claim.namespace) return undefined;
  }
  return `the certificate does not speak for step ${claim.step} of ` +
    `${claim.namespace}/${claim.storyRun}: expected a DNS name ${service}.${claim.namespace}.svc`;
}
