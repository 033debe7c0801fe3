import { composeName } from "../../contracts/transport/compose_name.ts";
import type { Claim } from "./admission.ts";

/** How far a certificate must vouch for what its stream claims. */
export type IdentityMode = "enforce" | "report";

/**
 * Whether a certificate is that of a hub beside this one: it has a DNS name that this one's has.
 *
 * @param names `subjectaltname` of the peer's, as node:tls gives it
 * @param own the same of this hub's
 * @returns undefined when it is, else what is wrong
 */
export function hubProblem(names: string | undefined, own: string | undefined): string | undefined {
  const dns = (text = "") =>
    text.toLowerCase().split(",").map((part) => part.trim()).filter((part) =>
      part.startsWith("dns:")
    );
  const ours = new Set(dns(own));
  return dns(names).some((name) => ours.has(name))
    ? undefined
    : "the certificate is not that of a hub: it has no name of this hub's";
}

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
