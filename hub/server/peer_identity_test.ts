import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hubProblem, identityProblem } from "./peer_identity.ts";

const claim = {
  namespace: "demo",
  storyRun: "voice-1",
  step: "respond",
  generation: 1,
  batched: false,
  capabilities: "none",
} as const;

Deno.test("a certificate speaks for its own step, or for the whole namespace that it names", () => {
  for (
    const names of [
      "DNS:voice-1-respond.demo.svc.cluster.local",
      "DNS:voice-1-respond.demo.svc",
      "DNS:*.demo.svc.cluster.local",
      "DNS:other, DNS:voice-1-respond.demo",
      "URI:spiffe://cluster.local/ns/demo/sa/engram",
    ]
  ) assertEquals(identityProblem(names, claim), undefined, names);
});

Deno.test("a certificate of another step, namespace or form does not", () => {
  for (
    const names of [
      undefined,
      "",
      "DNS:voice-1-ingress.demo.svc.cluster.local",
      "DNS:voice-1-respond.elsewhere.svc.cluster.local",
      "DNS:*.elsewhere.svc.cluster.local",
      "DNS:voice-1-respond.demo.example.org",
      "DNS:demo",
      "URI:spiffe://cluster.local/ns/elsewhere/sa/demo",
    ]
  ) {
    const problem = identityProblem(names, claim);
    assertStringIncludes(problem ?? "", "expected a DNS name voice-1-respond.demo.svc", names);
  }
});

Deno.test("a certificate is a hub's when it has a name of this hub's, and no other way", () => {
  const own = "DNS:hub.ns.svc, DNS:*.members.ns.svc";
  assertEquals(hubProblem("DNS:*.members.ns.svc", own), undefined);
  assertEquals(hubProblem("URI:spiffe://x/ns/ns/sa/y, DNS:HUB.ns.svc", own), undefined);
  for (const names of [undefined, "", "DNS:other.ns.svc", "DNS:*.ns.svc", "URI:hub.ns.svc"]) {
    assert(hubProblem(names, own)?.includes("not that of a hub"));
  }
  assert(hubProblem("DNS:hub.ns.svc", undefined) !== undefined);
});
