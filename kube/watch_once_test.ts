import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KubeError } from "./errors.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { watchOnce, type WatchRequest } from "./watch_once.ts";

const WIDGETS = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

/** A watch that is being read, with what it gave so far. */
function start(options: { more?: Partial<WatchRequest>; bookmarkEveryMs?: number } = {}) {
  const clock = new FakeClock();
  const server = new FakeApiServer({
    clock,
    bookmarkEveryMs: options.bookmarkEveryMs ?? 1e9,
  });
  server.store.register(WIDGETS);
  const stop = new AbortController();
  const seen: string[] = [];
  let opened = 0;
  const request: WatchRequest = {
    fetch: inProcessFetch(server.handle),
    gvr: WIDGETS,
    resourceVersion: String(server.store.revision),
    timeoutSeconds: 300,
    headTimeoutMs: 30_000,
    idleTimeoutMs: 150_000,
    onOpen: () => opened++,
    clock,
    signal: stop.signal,
    ...options.more,
  };
  const run = async () => {
    for await (const event of watchOnce(request)) {
      seen.push(
        event.type === "BOOKMARK"
          ? `BOOKMARK ${event.resourceVersion}`
          : `${event.type} ${event.object.metadata.name}`,
      );
    }
    return "ended";
  };
  return { clock, server, stop, seen, run, opened: () => opened };
}

const put = (server: FakeApiServer, name: string) =>
  server.store.put(WIDGETS, { metadata: { name } });

Deno.test("a watch asks for bookmarks, a version and an end", async () => {
  const { server, run, clock } = start({ more: { labelSelector: "a=b", namespace: "apps" } });
  const done = run();
  await settle();
  assertEquals(server.requests[0]?.url.pathname, "/apis/example.io/v1/namespaces/apps/widgets");
  assertEquals(Object.fromEntries(server.requests[0]?.url.searchParams ?? []), {
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: "1",
    timeoutSeconds: "300",
    labelSelector: "a=b",
  });
  await clock.advance(300_000);
  assertEquals(await done, "ended");
});

Deno.test("events come as they happen and the server's end is an end", async () => {
  const { server, run, seen, opened } = start();
  const done = run();
  await settle();
  assertEquals(opened(), 1);
  put(server, "a");
  put(server, "a");
  server.store.remove(WIDGETS, "a");
  await settle();
  assertEquals(seen, ["ADDED a", "MODIFIED a", "DELETED a"]);
  server.endWatches();
  assertEquals(await done, "ended");
  assertEquals(seen.at(-1), "BOOKMARK 4");
});

Deno.test("a silent watch ends by itself, and its connection with it", async () => {
  const { server, run, clock } = start();
  const done = run();
  await clock.advance(149_999);
  assertEquals(server.watchCount, 1);
  await clock.advance(1);
  assertEquals(await done, "ended");
  assertEquals([server.watchCount, clock.pending], [0, 0]);
});

Deno.test("bookmarks keep a quiet watch alive to its appointed end", async () => {
  const { run, clock, seen } = start({ bookmarkEveryMs: 60_000 });
  const done = run();
  await clock.advance(299_999);
  assertEquals(seen.length, 4);
  await clock.advance(1);
  assertEquals(await done, "ended");
});

Deno.test("a server that forgets to end a busy watch has it ended", async () => {
  const { run, clock, server } = start({ bookmarkEveryMs: 1000, more: { timeoutSeconds: 60 } });
  server.answerNextWith(() => {
    const line = new TextEncoder().encode(
      '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n',
    );
    let cancel = () => {};
    return new Response(
      new ReadableStream({
        start(controller) {
          const tick = () => {
            controller.enqueue(line);
            cancel = clock.after(1000, tick);
          };
          cancel = clock.after(1000, tick);
        },
        cancel: () => cancel(),
      }),
    );
  });
  const done = run();
  await clock.advance(89_999);
  assertEquals(clock.pending > 0, true);
  await clock.advance(1);
  assertEquals(await done, "ended");
  assertEquals(clock.pending, 0);
});

Deno.test("a watch whose head does not come is a timeout", async () => {
  const { run, clock, server, opened } = start();
  server.answerNextWith(() => new Promise<never>(() => {}));
  const done = assertRejects(run, KubeError);
  await clock.advance(30_000);
  const error = await done;
  assertEquals([error.code, opened()], ["timeout", 0]);
  assertStringIncludes(error.message, "WATCH /apis/example.io/v1/widgets");
});

Deno.test("a refused watch gives the server's error", async () => {
  const { run, server, opened } = start();
  server.answerNext(1, { code: 429, headers: { "retry-after": "4" } });
  const error = await assertRejects(run, KubeError);
  assertEquals([error.code, error.retryAfterMs, opened()], ["too-many-requests", 4000, 0]);
});

Deno.test("an ERROR event gives the server's error", async () => {
  const { run, server, seen } = start();
  const done = assertRejects(run, KubeError);
  await settle();
  put(server, "a");
  server.failWatches(410, "Expired", "too old resource version: 1 (5)");
  const error = await done;
  assertEquals([error.code, error.status, error.reason], ["gone", 410, "Expired"]);
  assertEquals(seen, ["ADDED a"]);
});

Deno.test("a version that the server has forgotten is `gone`", async () => {
  const { run, server } = start();
  put(server, "a");
  put(server, "b");
  server.store.compact();
  const error = await assertRejects(run, KubeError);
  assertEquals(error.code, "gone");
});

Deno.test("a cut connection is unreachable, after what came before it", async () => {
  const { run, server, seen } = start();
  const done = assertRejects(run, KubeError);
  await settle();
  put(server, "a");
  await settle();
  server.cutWatches();
  assertEquals((await done).code, "unreachable");
  assertEquals(seen, ["ADDED a"]);
});

Deno.test("an end in the middle of a line is a broken connection", async () => {
  const { run, server } = start();
  server.answerNextWith(() => new Response('{"type":"ADDED","obj'));
  const error = await assertRejects(run, KubeError);
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, "in the middle of an event");
});

Deno.test("a junk line is a bad response and frees the connection", async () => {
  const { run, server, clock } = start();
  const done = assertRejects(run, KubeError);
  await settle();
  server.writeToWatches("<html>\n");
  assertEquals((await done).code, "bad-response");
  await settle();
  assertEquals([server.watchCount, clock.pending], [0, 0]);
});

Deno.test("an answer without a body is a bad response", async () => {
  const { run, server } = start();
  server.answerNextWith(() => new Response(null));
  assertEquals((await assertRejects(run, KubeError)).code, "bad-response");
});

Deno.test("a caller that stops reading frees the connection", async () => {
  const { server, clock, stop } = start();
  const events = watchOnce({
    fetch: inProcessFetch(server.handle),
    gvr: WIDGETS,
    resourceVersion: "1",
    timeoutSeconds: 300,
    headTimeoutMs: 30_000,
    idleTimeoutMs: 150_000,
    onOpen: () => {},
    clock,
    signal: stop.signal,
  });
  const first = events.next();
  await settle();
  put(server, "a");
  assertEquals((await first).done, false);
  assertEquals(server.watchCount, 1);
  await events.return();
  assertEquals([server.watchCount, clock.pending], [0, 0]);
});

Deno.test("the signal ends a watch with its reason", async () => {
  const { run, stop, server } = start();
  const done = assertRejects(run);
  await settle();
  stop.abort(new Error("enough"));
  assert(await done);
  await settle();
  assertEquals(server.watchCount, 0);
});
