import { assertEquals } from "@std/assert";
import { RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import { KubePlacement } from "./kube_placement.ts";

const binding = (step: string, endpoint: string | undefined, meta: object = {}) => ({
  kind: "TransportBinding",
  metadata: { name: `run-1-${step}-transport`, namespace: "demo", ...meta },
  spec: { transportRef: "rt", driver: "d", storyRunRef: { name: "run-1" }, stepName: step },
  ...(endpoint === undefined ? {} : { status: { endpoint } }),
});

Deno.test("the owner of a run follows its bindings, and only news of it is told", async () => {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  const gvr = RESOURCES.TransportBinding;
  server.store.register({ ...gvr, kind: "TransportBinding", namespaced: true });
  const client = { fetch: inProcessFetch(server.handle) };
  const placement = new KubePlacement({ client, clock }, "hub-0:1");
  const told: string[] = [];
  placement.onChange((namespace, name) =>
    told.push(`${namespace}/${name} ${placement.ownerOf(namespace, name).at}`)
  );
  const stop = new AbortController();
  const running = placement.informer.run(stop.signal);
  await settle();
  const put = async (...objects: ReturnType<typeof binding>[]) => {
    for (const object of objects) {
      server.store.put(gvr, object);
      await settle();
    }
    return told.splice(0);
  };
  assertEquals(placement.ownerOf("demo", "run-1").at, "unknown");
  assertEquals(await put(binding("a", undefined)), []);
  assertEquals(await put(binding("a", "hub-0:1")), ["demo/run-1 here"]);
  assertEquals(await put(binding("b", "hub-0:1")), ["demo/run-1 here"]);
  assertEquals(await put({ ...binding("a", "hub-0:1"), spec: binding("a", "").spec }), []);
  assertEquals(await put(binding("a", "hub-1:1"), binding("b", "hub-1:1")), [
    "demo/run-1 unknown",
    "demo/run-1 elsewhere",
  ]);
  assertEquals(
    placement.takeFormer("demo", "run-1"),
    undefined,
    "it never came here from elsewhere",
  );

  // A hub that has seen more says that it has the run; it holds until as much is seen here.
  const seen = Number(placement.versionOf("demo", "run-1"));
  await put(binding("a", "hub-0:1"), binding("b", "hub-0:1"));
  assertEquals(placement.takeFormer("demo", "run-1"), "hub-1:1");
  assertEquals(placement.takeFormer("demo", "run-1"), undefined, "told once");
  const version = Number(placement.versionOf("demo", "run-1"));
  assertEquals(version > seen, true);
  placement.learn("demo", "run-1", "hub-2:1", String(version));
  assertEquals([told.splice(0), placement.ownerOf("demo", "run-1").at], [[], "here"]);
  placement.learn("demo", "run-1", "hub-2:1", String(version + 1));
  assertEquals(told.splice(0), ["demo/run-1 elsewhere"]);
  placement.learn("demo", "nobody", "hub-2:1", "99999");
  assertEquals(placement.ownerOf("demo", "nobody").at, "unknown");
  assertEquals(await put(binding("b", "hub-0:1", { labels: { x: "1" } })), ["demo/run-1 here"]);

  await put(binding("a", "hub-1:1"), binding("b", "hub-1:1"));
  const going = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x"] };
  assertEquals(await put(binding("b", "hub-0:1", going)), ["demo/run-1 elsewhere"]);
  stop.abort();
  await settle();
  await running;
  server.close();
});
