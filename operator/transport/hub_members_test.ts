import { assertEquals } from "@std/assert";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import { ENDPOINT_SLICES, type EndpointSlice, HubMembers, readyMembers } from "./hub_members.ts";

const SERVICE = { name: "hub", namespace: "headrace", clusterDomain: "svc.cluster.local" };
type Conditions = NonNullable<NonNullable<EndpointSlice["endpoints"]>[number]["conditions"]>;

function slice(name: string, endpoints: Record<string, Conditions>, port = 9000) {
  return {
    metadata: {
      name,
      namespace: "headrace",
      labels: { "kubernetes.io/service-name": "hub" },
    },
    endpoints: Object.entries(endpoints).map(([hostname, conditions]) => ({
      addresses: ["10.0.0.1"],
      hostname,
      conditions,
    })),
    ports: [{ name: "http", port: 8081 }, { name: "grpc", port }],
  };
}

Deno.test("members are the pods that serve, by the names that they keep, each once", () => {
  const ready = { ready: true, serving: true, terminating: false };
  const slices = [
    slice("one", {
      "hub-1": ready,
      "hub-0": ready,
      // The name is published before the pod is ready, and says ready all the same.
      "hub-2": { ready: true, serving: false, terminating: false },
      "hub-3": { ready: false, serving: true, terminating: true },
      // Before serving was there.
      "hub-4": { ready: true },
    }),
    slice("two", { "hub-1": ready }),
    { ...slice("other", { "hub-5": ready }), ports: null },
    { metadata: { name: "empty" }, endpoints: null },
    { metadata: { name: "nameless" }, endpoints: [{ conditions: ready }], ports: [] },
  ];
  assertEquals(readyMembers(slices, SERVICE), [
    "hub-0.hub.headrace.svc.cluster.local:9000",
    "hub-1.hub.headrace.svc.cluster.local:9000",
    "hub-4.hub.headrace.svc.cluster.local:9000",
  ]);
});

Deno.test("a change is told when others are ready than before, and not otherwise", async () => {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  server.store.register({ ...ENDPOINT_SLICES, kind: "EndpointSlice", namespaced: true });
  const members = new HubMembers({
    service: SERVICE,
    client: { fetch: inProcessFetch(server.handle) },
    clock,
  });
  const seen: string[][] = [];
  members.onChange(() => seen.push(members.ready.map((one) => one.split(".")[0]!)));
  const stop = new AbortController();
  const running = members.informer.run(stop.signal);
  const put = async (object: ReturnType<typeof slice>) => {
    server.store.put(ENDPOINT_SLICES, object);
    await settle();
  };
  await settle();
  await put(slice("one", { "hub-0": { serving: true }, "hub-1": { serving: true } }));
  await put(slice("two", { "hub-1": { serving: true } }));
  await put(slice("one", { "hub-0": { serving: false }, "hub-1": { serving: true } }));
  const other = slice("else", { "db-0": { serving: true } });
  await put({
    ...other,
    metadata: { ...other.metadata, labels: { "kubernetes.io/service-name": "db" } },
  });
  server.store.remove(ENDPOINT_SLICES, "one", "headrace");
  server.store.remove(ENDPOINT_SLICES, "two", "headrace");
  await settle();
  assertEquals(seen, [["hub-0", "hub-1"], ["hub-1"], []]);
  stop.abort();
  await settle();
  await running;
  server.close();
});
