import { assertEquals, assertRejects } from "@std/assert";
import { KubeError } from "./errors.ts";
import { type ObjectAddress, ObjectWriter } from "./object_writer.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { WritableApi } from "./testing/writable_api.ts";

const WIDGETS = { group: "example.com", version: "v1", resource: "widgets" };
const ONE: ObjectAddress = { gvr: WIDGETS, namespace: "demo", name: "one" };
const { signal } = new AbortController();

function world() {
  const server = new FakeApiServer();
  server.store.register({ ...WIDGETS, kind: "Widget", namespaced: true });
  const api = new WritableApi(server);
  const client = { fetch: inProcessFetch(api.handle) };
  const writer = new ObjectWriter({ client, fieldManager: "tests" });
  const put = () =>
    server.store.put(WIDGETS, {
      metadata: { name: "one", namespace: "demo", uid: "u1" },
      spec: { size: 1 },
      status: { seen: true },
    });
  return { server, api, writer, put };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, KubeError)).code;
}

Deno.test("a merge patch is of the version that was read: what has changed since is not lost", async () => {
  const { writer, put } = world();
  const { resourceVersion } = put().metadata;
  const after = await writer.mergePatch(ONE, resourceVersion, { spec: { size: 2 } }, { signal });
  assertEquals(after["spec"], { size: 2 });
  const stale = writer.mergePatch(ONE, resourceVersion, { spec: { size: 3 } }, { signal });
  assertEquals(await codeOf(stale), "conflict");
});

Deno.test("a patch of the status leaves everything else alone", async () => {
  const { writer, put } = world();
  const { resourceVersion } = put().metadata;
  const after = await writer.mergePatch(
    ONE,
    resourceVersion,
    { spec: { size: 9 }, status: { seen: null, phase: "Ready" } },
    { signal, subresource: "status" },
  );
  assertEquals([after["spec"], after["status"]], [{ size: 1 }, { phase: "Ready" }]);
});

Deno.test("an apply names its manager and never brings back an object that is gone", async () => {
  const { server, writer, put } = world();
  put();
  const annotations = { "example.com/a": "b" };
  const after = await writer.apply(ONE, { kind: "Widget", metadata: { uid: "u1", annotations } }, {
    signal,
  });
  assertEquals(after.metadata.annotations, annotations);
  server.store.remove(WIDGETS, "one", "demo");
  const late = writer.apply(ONE, { kind: "Widget", metadata: { uid: "u1", annotations } }, {
    signal,
  });
  assertEquals(await codeOf(late), "conflict");
  assertEquals(server.store.list(WIDGETS), []);
});

Deno.test("creating what exists is a conflict, and says so", async () => {
  const { writer, put } = world();
  put();
  const again = writer.create(
    WIDGETS,
    { metadata: { name: "one", namespace: "demo" } },
    { signal },
  );
  const error = await assertRejects(() => again, KubeError);
  assertEquals([error.code, error.reason], ["conflict", "AlreadyExists"]);
});

Deno.test("every write carries the field manager, and apply takes fields over", async () => {
  const seen: string[] = [];
  const writer = new ObjectWriter({
    fieldManager: "headrace-operator",
    client: {
      fetch: (path, { headers } = {}) => {
        seen.push(`${headers?.["content-type"]} ${path}`);
        return Promise.resolve(Response.json({ metadata: { name: "one" } }));
      },
    },
  });
  await writer.apply(ONE, { kind: "Widget", metadata: { uid: "u" } }, {
    signal,
    subresource: "status",
  });
  await writer.mergePatch({ gvr: { ...WIDGETS, group: "" }, name: "one" }, "7", {}, { signal });
  assertEquals(seen, [
    "application/apply-patch+yaml /apis/example.com/v1/namespaces/demo/widgets/one/status" +
    "?fieldManager=headrace-operator&force=true",
    "application/merge-patch+json /api/v1/widgets/one?fieldManager=headrace-operator",
  ]);
});

Deno.test("an API server that does not answer is not waited for without end", async () => {
  const clock = new FakeClock();
  const writer = new ObjectWriter({
    fieldManager: "tests",
    timeoutMs: 5_000,
    clock,
    client: {
      fetch: (_path, { signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    },
  });
  const write = assertRejects(() => writer.mergePatch(ONE, "1", {}, { signal }), KubeError);
  await clock.advance(5_000);
  assertEquals((await write).code, "timeout");
});
