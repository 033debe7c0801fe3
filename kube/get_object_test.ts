import { assertEquals, assertRejects } from "@std/assert";
import { KubeError } from "./errors.ts";
import { getObject } from "./get_object.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";

const WIDGETS = { group: "example.com", version: "v1", resource: "widgets" };
const { signal } = new AbortController();

Deno.test("an object is read as it is; one that is not there is none, and no error", async () => {
  const server = new FakeApiServer();
  server.store.register({ ...WIDGETS, kind: "Widget", namespaced: true });
  server.store.put(WIDGETS, { metadata: { name: "one", namespace: "demo" }, spec: { size: 1 } });
  const client = { fetch: inProcessFetch(server.handle) };
  const get = (name: string) =>
    getObject({ gvr: WIDGETS, namespace: "demo", name }, { client, signal });
  assertEquals((await get("one"))?.["spec"], { size: 1 });
  assertEquals(await get("two"), undefined);
  server.answerNext(1, { code: 403, reason: "Forbidden" });
  assertEquals((await assertRejects(() => get("one"), KubeError)).code, "forbidden");
});

Deno.test("an answer that does not come is not waited for without end", async () => {
  const clock = new FakeClock();
  const client = {
    fetch: inProcessFetch(() => new Promise(() => {})),
  };
  const get = assertRejects(
    () => getObject({ gvr: WIDGETS, name: "one" }, { client, signal, clock }),
    KubeError,
  );
  await clock.advance(10_000);
  assertEquals((await get).code, "timeout");
});
