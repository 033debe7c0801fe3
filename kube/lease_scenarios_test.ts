import { createKubeClient } from "./client.ts";
import { LEASES } from "./lease.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { leaseScenarios } from "./testing/lease_scenarios.ts";

for (const { name, run } of leaseScenarios) {
  Deno.test(`over HTTP: ${name}`, async () => {
    const server = new FakeApiServer();
    server.store.register({ ...LEASES, kind: "Lease", namespaced: true });
    const api = await server.serve();
    using client = createKubeClient({
      origin: "a test",
      server: api.url,
      namespace: undefined,
      ca: undefined,
      proxyUrl: undefined,
      user: {},
    });
    try {
      await run({ fetch: client.fetch, namespace: "flux-system" });
    } finally {
      await api.close();
    }
  });
}
