import { assert, assertEquals, assertFalse } from "@std/assert";
import { load } from "js-yaml";

async function slot(name: string): Promise<{ text: string; values: Record<string, unknown> }> {
  const text = await Deno.readTextFile(new URL(name, import.meta.url));
  const release = text.split(/^---$/m).map((part) => load(part) as Record<string, unknown>)
    .find(({ kind }) => kind === "HelmRelease");
  const { values } = release?.["spec"] as { values: Record<string, unknown> };
  return { text, values };
}

Deno.test("adapters of all clusters post to the primary's public route", async () => {
  const server = await slot("56-bp-headrace-server.yaml");
  const adapter = await slot("57-bp-headrace-adapter.yaml");
  const { hostname } =
    (server.values["flowServer"] as { httproute: { hostname: string } }).httproute;
  const { flowServerUrl } = adapter.values["flowEmitter"] as { flowServerUrl: string };
  assertEquals(flowServerUrl, `https://${hostname}`);
  // A Service name would lead a secondary cluster to itself, and 8080 is the container's port.
  assertFalse(/\.svc|:8080/.test(flowServerUrl));
});

Deno.test("what differs between deployments and regions comes from substitution, and stays text", async () => {
  const { text } = await slot("57-bp-headrace-adapter.yaml");
  for (const variable of ["SOVEREIGN_DEPLOYMENT_ID", "SOVEREIGN_REGION_KEY"]) {
    assert(text.includes(`"\${${variable}}"`), variable);
  }
});

Deno.test("the runs of all clusters are shown by the primary's router, each under its cluster's name", async () => {
  const adapter = await slot("57-bp-headrace-adapter.yaml");
  const operator = await slot("58-bp-headrace-operator.yaml");
  const { flowServerUrl, routerToken } = adapter.values["flowEmitter"] as Record<string, unknown>;
  const values = operator.values["operator"] as Record<string, unknown>;
  assertEquals([values["flowServerUrl"], values["routerToken"]], [flowServerUrl, routerToken]);
  assert(operator.text.includes('clusterName: "${SOVEREIGN_REGION_KEY}"'));
});
