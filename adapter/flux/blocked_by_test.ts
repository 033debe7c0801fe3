import { assertEquals } from "@std/assert";
import { blockedBy } from "./blocked_by.ts";

const dependsOn = [
  { namespace: "flux-system", name: "bp-cnpg" },
  { namespace: "identity", name: "bp-keycloak" },
];
const keycloak = { namespace: "identity", name: "bp-keycloak" };

Deno.test("blockedBy reads every form in which helm-controller names a dependency", () => {
  for (
    const message of [
      "dependency 'identity/bp-keycloak' is not ready",
      "dependency 'identity/bp-keycloak' is not ready according to readyExpr eval",
      "unable to get 'identity/bp-keycloak' dependency: helmreleases.helm.toolkit.fluxcd.io " +
      '"bp-keycloak" not found',
    ]
  ) assertEquals(blockedBy({ dependsOn }, message), [keycloak]);
});

Deno.test("blockedBy leaves out a name that spec.dependsOn does not hold", () => {
  assertEquals(blockedBy({ dependsOn }, "dependency 'identity/bp-cnpg' is not ready"), []);
  assertEquals(blockedBy({ dependsOn: [] }, "dependency 'identity/bp-keycloak' is not ready"), []);
});

Deno.test("blockedBy takes the only dependency when the message names none", () => {
  assertEquals(blockedBy({ dependsOn: [keycloak] }, "no such key: foo"), [keycloak]);
  assertEquals(blockedBy({ dependsOn }, "no such key: foo"), []);
});
