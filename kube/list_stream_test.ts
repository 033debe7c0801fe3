import { assertEquals, assertRejects } from "@std/assert";
import { KubeError } from "./errors.ts";
import { listStream } from "./list_stream.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { ObjectStore } from "./testing/object_store.ts";

const WIDGETS = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

function setUp() {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock, store: new ObjectStore({ firstRevision: 100 }) });
  server.store.register(WIDGETS);
  const put = (name: string) =>
    server.store.put(WIDGETS, { metadata: { name, namespace: "apps" } });
  const { signal } = new AbortController();
  const list = async () => {
    const items: string[] = [];
    const stream = listStream({
      fetch: inProcessFetch(server.handle),
      gvr: WIDGETS,
      namespace: "apps",
      headTimeoutMs: 1_000,
      idleTimeoutMs: 5_000,
      timeoutSeconds: 300,
      clock,
      signal,
    });
    for await (const item of stream) {
      items.push(
        item.type === "end"
          ? `end ${item.resourceVersion}`
          : `${item.type} ${item.object.metadata.name}`,
      );
    }
    return items;
  };
  return { clock, server, put, list };
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => attempt, KubeError) as KubeError).code;
}

Deno.test("what exists comes one by one, then the version of which it is", async () => {
  const { server, put, list } = setUp();
  put("a");
  put("b");
  assertEquals(await list(), ["object a", "object b", "end 102"]);
  await settle();
  assertEquals(server.watchCount, 0, "the stream is left at its end");
});

Deno.test("an empty collection has an end, too", async () => {
  assertEquals(await setUp().list(), ["end 100"]);
});

Deno.test("what happens while it comes is part of it", async () => {
  const { server, list } = setUp();
  const line = (type: string, name: string) =>
    JSON.stringify({ type, object: { metadata: { name, resourceVersion: "7" } } });
  const end = JSON.stringify({
    type: "BOOKMARK",
    object: {
      metadata: { resourceVersion: "9", annotations: { "k8s.io/initial-events-end": "true" } },
    },
  });
  const bookmark = JSON.stringify({
    type: "BOOKMARK",
    object: { metadata: { resourceVersion: "8" } },
  });
  server.answerNextWith(() =>
    new Response(
      [line("ADDED", "a"), line("MODIFIED", "a"), bookmark, line("DELETED", "a"), end, ""]
        .join("\n"),
    )
  );
  assertEquals(await list(), ["object a", "object a", "gone a", "end 9"]);
});

Deno.test("a stream that ends, breaks or falls silent before its end is no list", async () => {
  const { clock, server, list } = setUp();
  server.answerNextWith(() => new Response(""));
  assertEquals(await codeOf(list()), "unreachable");
  server.answerNextWith(() => new Response('{"type":"ADDED","obj'));
  assertEquals(await codeOf(list()), "unreachable");
  server.answerNextWith(() => new Response(new ReadableStream()));
  const silent = codeOf(list());
  await clock.advance(5_000);
  assertEquals(await silent, "unreachable");
});

Deno.test("a server that does not offer it refuses the request", async () => {
  const { server, list } = setUp();
  server.streamsLists = false;
  assertEquals(await codeOf(list()), "invalid-request");
});
