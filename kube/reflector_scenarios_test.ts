import { createKubeClient } from "./client.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FaultyFetch } from "./testing/faulty_fetch.ts";
import { ObjectStore } from "./testing/object_store.ts";
import { reflectorScenarios, type ServerUnderTest } from "./testing/reflector_scenarios.ts";

const WIDGETS = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};
const testdata = (name: string) =>
  Deno.readTextFile(new URL(`./testing/testdata/${name}`, import.meta.url));

/** Real sockets, real TLS, real time; the faults on one side or the other of them. */
async function withServer(
  faultsOf: "server" | "client",
  run: (server: ServerUnderTest) => Promise<void>,
): Promise<void> {
  const store = new ObjectStore({ firstRevision: 1000 });
  store.register(WIDGETS);
  // History begins where this server did.
  store.compact();
  const server = new FakeApiServer({ store });
  const api = await server.serve({
    cert: await testdata("server.crt"),
    key: await testdata("server.key"),
  });
  using client = createKubeClient({
    origin: "a test",
    server: api.url,
    namespace: undefined,
    ca: { text: await testdata("ca.crt") },
    proxyUrl: undefined,
    user: {},
  });
  const faulty = new FaultyFetch(client.fetch);
  try {
    await run({
      fetch: faultsOf === "server" ? client.fetch : faulty.fetch,
      faults: faultsOf === "server" ? server : faulty,
      gvr: WIDGETS,
      namespace: "apps",
      list: () => Promise.resolve(store.list(WIDGETS)),
      put: (name, labels = {}) => {
        store.put(WIDGETS, { metadata: { name, namespace: "apps", labels } });
        return Promise.resolve();
      },
      remove: (name) => {
        store.remove(WIDGETS, name, "apps");
        return Promise.resolve();
      },
    });
  } finally {
    await api.close();
  }
}

for (const faultsOf of ["server", "client"] as const) {
  for (const { name, run } of reflectorScenarios) {
    Deno.test(`over TLS, with faults of the ${faultsOf}: ${name}`, async () => {
      await withServer(faultsOf, run);
    });
  }
}
