import { assertEquals, assertRejects } from "@std/assert";
import { KubeError } from "./errors.ts";
import { listPages, type ListRequest } from "./list_pages.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";

const WIDGETS = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

function setUp() {
  const server = new FakeApiServer({ clock: new FakeClock() });
  server.store.register(WIDGETS);
  return server;
}

function request(server: FakeApiServer, more: Partial<ListRequest> = {}): ListRequest {
  return {
    fetch: inProcessFetch(server.handle),
    gvr: WIDGETS,
    timeoutMs: 60_000,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    ...more,
  };
}

async function all(options: ListRequest) {
  const pages = [];
  for await (const page of listPages(options)) pages.push(page);
  return pages;
}

const answering = (body: unknown) => () => Promise.resolve(Response.json(body));
const item = { metadata: { name: "a", resourceVersion: "1" } };

Deno.test("pages hold every object once, all as of the version of the first", async () => {
  const server = setUp();
  for (const name of ["a", "b", "c", "d", "e"]) {
    server.store.put(WIDGETS, { metadata: { name, namespace: "apps" } });
  }
  const version = String(server.store.revision);
  const pages = [];
  for await (const page of listPages(request(server, { namespace: "apps", limit: 2 }))) {
    pages.push(page);
    // A change between pages must not show in the later ones.
    server.store.remove(WIDGETS, "e", "apps");
  }
  assertEquals(pages.map((page) => page.items.map((each) => each.metadata.name)), [
    ["a", "b"],
    ["c", "d"],
    ["e"],
  ]);
  assertEquals(pages.map((page) => page.resourceVersion), [version, version, version]);
});

Deno.test("a list asks for the most recent state and says how much it wants", async () => {
  const server = setUp();
  await all(request(server, { limit: 500, labelSelector: "team=core" }));
  await all(request(server));
  assertEquals(server.requests.map(({ url }) => url.pathname + url.search), [
    "/apis/example.io/v1/widgets?labelSelector=team%3Dcore&limit=500",
    "/apis/example.io/v1/widgets",
  ]);
});

Deno.test("a continue token that expired half-way is `gone`", async () => {
  const server = setUp();
  for (const name of ["a", "b"]) server.store.put(WIDGETS, { metadata: { name } });
  const pages = listPages(request(server, { limit: 1 }));
  await pages.next();
  server.store.put(WIDGETS, { metadata: { name: "c" } });
  server.store.compact();
  const error = await assertRejects(() => pages.next(), KubeError);
  assertEquals([error.code, error.status], ["gone", 410]);
});

Deno.test("items of built-in kinds get the apiVersion and kind that only their list states", async () => {
  const [page] = await all({
    ...request(setUp()),
    fetch: answering({
      apiVersion: "v1",
      kind: "PodList",
      metadata: { resourceVersion: "9" },
      items: [item],
    }),
  });
  assertEquals(page?.items, [{ apiVersion: "v1", kind: "Pod", ...item }]);
});

Deno.test("a list whose items are null is empty", async () => {
  const [page] = await all({
    ...request(setUp()),
    fetch: answering({ kind: "PodList", metadata: { resourceVersion: "9" }, items: null }),
  });
  assertEquals(page, { items: [], resourceVersion: "9" });
});

for (
  const [what, body] of [
    ["null", null],
    ["a list without a version", { items: [] }],
    ["items that are no list", { metadata: { resourceVersion: "1" }, items: {} }],
    ["an item that is null", { metadata: { resourceVersion: "1" }, items: [null] }],
    ["an item without a version", {
      metadata: { resourceVersion: "1" },
      items: [{ metadata: { name: "a" } }],
    }],
  ] as const
) {
  Deno.test(`${what} is refused as a bad response`, async () => {
    const error = await assertRejects(
      () => all({ ...request(setUp()), fetch: answering(body) }),
      KubeError,
    );
    assertEquals(error.code, "bad-response");
  });
}

Deno.test("a page that is not JSON is refused as a bad response", async () => {
  const error = await assertRejects(
    () => all({ ...request(setUp()), fetch: () => Promise.resolve(new Response("<html>welcome")) }),
    KubeError,
  );
  assertEquals([error.code, error.message], [
    "bad-response",
    "GET /apis/example.io/v1/widgets: the list is not JSON",
  ]);
});

Deno.test("a page that does not come in time is a timeout, before the head and in the body", async () => {
  const hanging = [
    () => new Promise<never>(() => {}),
    () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([0x7b])) })),
  ];
  for (const answer of hanging) {
    const server = setUp();
    server.answerNextWith(answer);
    const clock = new FakeClock();
    const listing = assertRejects(() => all(request(server, { clock })), KubeError);
    await clock.advance(60_000);
    assertEquals((await listing).code, "timeout");
    assertEquals(clock.pending, 0);
  }
});

Deno.test("a signal ends a list at once", async () => {
  const server = setUp();
  server.answerNextWith(() => new Promise<never>(() => {}));
  const stop = new AbortController();
  const listing = assertRejects(
    () => all(request(server, { signal: stop.signal })),
    Error,
    "enough",
  );
  stop.abort(new Error("enough"));
  await listing;
});
