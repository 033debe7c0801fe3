import { assert, assertEquals, assertLess, assertLessOrEqual, assertMatch } from "@std/assert";
import type { FlowMessage } from "../contracts/flow.ts";
import type { ServerConfig } from "./config.ts";
import { buildRouter } from "./testing/build_router.ts";
import { encoded } from "./testing/encoded.ts";
import { MemoryOutlet } from "./testing/memory_outlet.ts";
import { RawClient } from "./testing/raw_client.ts";
import { SseClient } from "./testing/sse_client.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";
import { until } from "./testing/until.ts";
import { VirtualTimers } from "./testing/virtual_timers.ts";

const upsert = (ids: string[], label = ""): FlowMessage => ({
  type: "upsert-nodes",
  nodes: ids.map((id) => ({ id, flowId: "f", label, status: "running" })),
});
const post = (server: TestServer, body: unknown, flow = "f") =>
  fetch(`${server.url}/v1/flows/${flow}/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
const flowIds = async (server: TestServer): Promise<string[]> =>
  (await (await fetch(`${server.url}/v1/flows`)).json()).flows.map(({ id }: { id: string }) => id);

/** Posts `body` under a tight bound and expects its refusal to change nothing. */
function refuses(
  name: string,
  config: Partial<ServerConfig>,
  body: unknown,
  status: number,
  code: string,
): void {
  Deno.test(name, async () => {
    await using server = await startServer(config);
    const response = await post(server, body);
    const problem = await response.json();
    assertEquals([response.status, problem.code], [status, code], problem.detail);
    assertEquals((await fetch(`${server.url}/v1/flows/f/snapshot`)).status, 404);
  });
}

refuses("a body beyond its bound", { maxBodyBytes: 1024 }, " ".repeat(1100), 413, "body-too-large");
refuses("more messages than a batch may have", { maxBatch: 2 }, [1, 2, 3], 413, "batch-too-large");
refuses(
  "a message beyond its bound, counted in bytes",
  { maxMessageBytes: 1024 },
  upsert(["a"], "é".repeat(500)),
  413,
  "message-too-large",
);
refuses("an id beyond its bound", { maxIdLength: 4 }, upsert(["12345"]), 400, "bad-message");
refuses(
  "an id beyond its bound at an edge's end",
  { maxIdLength: 4 },
  { type: "delete-rels", pairs: [{ fromId: "a", toId: "12345", type: "contains" }] },
  400,
  "bad-message",
);
refuses(
  "JSON deeper than its bound",
  { maxJsonDepth: 4 },
  { ...upsert(["a"]), extra: { a: { b: { c: {} } } } },
  400,
  "bad-message",
);
refuses(
  "more nodes and relationships than a flow may have",
  { maxFlowObjects: 2 },
  upsert(["a", "b", "c"]),
  413,
  "flow-too-large",
);

Deno.test("a flow at its bound can still replace and remove what it has", async () => {
  await using server = await startServer({ maxFlowObjects: 2 });
  assertEquals((await post(server, upsert(["a", "b"]))).status, 200);
  assertEquals((await post(server, upsert(["a", "b"]))).status, 200);
  assertEquals((await post(server, upsert(["c"]))).status, 413);
  assertEquals(
    (await post(server, [{ type: "delete-nodes", ids: ["a"] }, upsert(["c"])])).status,
    200,
  );
});

Deno.test("one flow too many is refused until another goes", async () => {
  await using server = await startServer({ maxFlows: 2 });
  for (const flow of ["a", "b"]) {
    assertEquals((await post(server, upsert(["n"]), flow)).status, 200);
  }
  const refused = await post(server, upsert(["n"]), "c");
  assertEquals([refused.status, refused.headers.get("Retry-After")], [429, "5"]);
  assertMatch((await refused.json()).detail, /FLOW_SERVER_MAX_FLOWS/);
  await fetch(`${server.url}/v1/flows/a`, { method: "DELETE" });
  assertEquals((await post(server, upsert(["n"]), "c")).status, 200);
  assertEquals(await flowIds(server), ["b", "c"]);
});

for (
  const [bound, status, code] of [
    ["maxStreams", 503, "too-many-streams"],
    ["maxStreamsPerFlow", 503, "too-many-streams-of-flow"],
    ["maxStreamsPerAddress", 429, "too-many-streams-of-address"],
  ] as const
) {
  Deno.test(`a stream beyond ${bound} is refused and one that ends makes room`, async () => {
    await using server = await startServer({ [bound]: 2 });
    const url = `${server.url}/v1/flows/f/stream`;
    const [first, second] = await Promise.all([SseClient.open(url), SseClient.open(url)]);
    await Promise.all([first.take(2), second.take(2)]);
    const refused = await fetch(url);
    assertEquals([refused.status, (await refused.json()).code], [status, code]);
    await first[Symbol.asyncDispose]();
    while (true) {
      await using again = await SseClient.open(url);
      if (again.response.status === 200) break;
    }
    await second[Symbol.asyncDispose]();
  });
}

Deno.test("a refused stream leaves no trace of a flow that does not exist", async () => {
  await using server = await startServer({ maxStreamsPerAddress: 1 });
  await using _open = await SseClient.open(`${server.url}/v1/flows/a/stream`);
  for (let i = 0; i < 5; i++) {
    await (await fetch(`${server.url}/v1/flows/other${i}/stream`)).body?.cancel();
  }
  assertEquals((await post(server, upsert(["n"]), "b")).status, 200);
});

Deno.test("flows that come to nothing take no room from those that do", async () => {
  await using server = await startServer({ maxFlows: 1, maxFlowObjects: 1 });
  for (let i = 0; i < 3; i++) {
    const head = await fetch(`${server.url}/v1/flows/head${i}/stream`, { method: "HEAD" });
    assertEquals(head.status, 200);
    assertEquals((await post(server, upsert(["a", "b"]), `large${i}`)).status, 413);
  }
  assertEquals((await post(server, upsert(["n"]))).status, 200);
  const full = await fetch(`${server.url}/v1/flows/other/stream`, { method: "HEAD" });
  assertEquals(full.status, 429);
});

Deno.test("a refused message keeps the flow that its readers wait for", async () => {
  await using server = await startServer({ maxFlowObjects: 1 });
  await using reader = await SseClient.open(`${server.url}/v1/flows/f/stream`);
  await reader.take(2);
  assertEquals((await post(server, upsert(["a", "b"]))).status, 413);
  assertEquals((await post(server, upsert(["a"]))).status, 200);
  assertEquals((await reader.next())?.event, "upsert-nodes");
});

Deno.test("a head larger than its bound is refused with 431", async () => {
  await using server = await startServer({ maxHeaderBytes: 2048 });
  const response = await raw(
    server,
    `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(4000)}\r\n\r\n`,
  );
  assertMatch(response, /^HTTP\/1\.1 431 /);
});

Deno.test("half a head costs its time and no more", async () => {
  await using server = await startServer({ headerTimeout: 300 });
  assertMatch(await raw(server, "GET /healthz HTTP/1.1\r\nHost: x\r\n"), /^(HTTP\/1\.1 408 |$)/);
});

Deno.test("a connection without a request costs its time and no more", async () => {
  await using server = await startServer({ headerTimeout: 300, idleTimeout: 1_000 });
  for (const bytes of ["", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"]) {
    await raw(server, bytes);
  }
});

Deno.test("a body that never comes costs its time and no more", async () => {
  await using server = await startServer({ headerTimeout: 300, requestTimeout: 600 });
  const head = "POST /v1/flows/f/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
  assertMatch(await raw(server, head), /^(HTTP\/1\.1 408 |$)/);
  assertEquals(await flowIds(server), []);
});

for (
  const [what, head, status] of [
    [
      "a body of a wrong type",
      "POST /v1/flows/f/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n",
      415,
    ],
    ["a body that is not asked for", "GET /healthz HTTP/1.1\r\nHost: x\r\n", 200],
  ] as const
) {
  Deno.test(`${what}, sent a byte now and then, costs its time and no more`, async () => {
    await using server = await startServer({ requestTimeout: 500 });
    using client = await RawClient.connect(server);
    await client.send(`${head}Content-Length: 100000\r\n\r\n`);
    await client.readUntil(new RegExp(`^HTTP/1.1 ${status} `));
    const ended = client.readToEnd();
    let over = false;
    void ended.then(() => over = true);
    await until("the router has cut the client off", async () => {
      await client.send(" ").catch(() => {});
      return over;
    });
  });
}

Deno.test("a body that is answered early and then comes keeps its connection", async () => {
  await using server = await startServer({ requestTimeout: 5_000 });
  using client = await RawClient.connect(server);
  await client.send("POST /v1/flows/f/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n");
  await client.send("Content-Length: 10\r\n\r\n12345");
  await client.readUntil(/^HTTP\/1\.1 415 /);
  await client.send("67890GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  assertMatch(await client.readUntil(/\r\n\r\nok\n$/), /HTTP\/1\.1 200 OK/);
});

Deno.test("an answer that is not taken costs its time and no more", async () => {
  await using server = await startServer({ stuckTimeout: 1_000, maxFlowObjects: 1_000_000 });
  // More than the kernel keeps for a connection, 4 MB to send and 6 MB to receive at most.
  const label = "x".repeat(900_000);
  for (let i = 0; i < 14; i++) await (await post(server, upsert([`n${i}`], label))).text();
  using client = await RawClient.connect(server);
  await client.send("GET /v1/flows/f/snapshot HTTP/1.1\r\nHost: x\r\n\r\n");
  const cutOff = /^headrace_slow_readers_cut_off_total\{why="stuck"\} 1$/m;
  await until("the client is cut off", async () => {
    return cutOff.test(await (await fetch(`${server.url}/metrics`)).text());
  });
  const text = await client.readToEnd();
  assertMatch(text, /^HTTP\/1\.1 200 OK\r\n/);
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  assertLess(text.length, length);
  // Whoever takes it gets all of it.
  assertEquals((await (await fetch(`${server.url}/v1/flows/f/snapshot`)).text()).length, length);
});

/** Sends bytes and gives what comes back until the server closes. */
async function raw(server: TestServer, request: string): Promise<string> {
  using client = await RawClient.connect(server);
  await client.send(request);
  return await client.readToEnd();
}

function onVirtualTime(config: Partial<ServerConfig>) {
  const timers = new VirtualTimers();
  const built = buildRouter(timers, config);
  const join = (flowId = "f", until = Infinity) => {
    const outlet = new MemoryOutlet();
    built.router.subscribe({ flowId, lastEventId: undefined, address: "here", until }, outlet);
    return outlet;
  };
  return { timers, join, ...built };
}

Deno.test("a stream ends at its age, with a retry hint", () => {
  const { timers, join } = onVirtualTime({ streamMaxAge: 60_000 });
  const reader = join();
  timers.advance(58_000);
  assertEquals(reader.state, "open");
  timers.advance(4_000);
  assertEquals(reader.state, "ended");
});

Deno.test("a stream ends when its permission does", () => {
  const { timers, join } = onVirtualTime({});
  const reader = join("f", 5_000);
  timers.advance(4_000);
  assertEquals(reader.state, "open");
  timers.advance(2_000);
  assertEquals(reader.state, "ended");
});

Deno.test("an idle flow is forgotten after its time, one that is read or written is not", () => {
  const { timers, join, router } = onVirtualTime({ flowTtl: 1_000 });
  for (const flow of ["idle", "read", "written", "watched"]) {
    router.publish(flow, [encoded(upsert(["n"]))]);
  }
  join("watched");
  for (let i = 0; i < 4; i++) {
    timers.advance(400);
    router.get("read");
    router.publish("written", [encoded(upsert(["n"]))]);
  }
  assertEquals(router.sweep(), ["idle"]);
  assertEquals(router.list().map(({ log }) => log.flowId), ["read", "watched", "written"]);
});

Deno.test("all rings together stay within their bytes, and the fullest gives", () => {
  const { router, flows } = onVirtualTime({ totalRingBytes: 100_000 });
  router.publish("small", [encoded(upsert(["n"]))]);
  for (let i = 0; i < 500; i++) {
    router.publish("big", [encoded(upsert([`n${i}`], "x".repeat(1000)))]);
    assertLessOrEqual(flows.ringBytes, 100_000);
  }
  const sum = router.list().reduce((bytes, { log }) => bytes + log.ringBytes, 0);
  assertEquals(flows.ringBytes, sum);
  assert(router.get("small")!.has(0));
  assertEquals(router.get("big")!.state.nodes.size, 500);
  router.delete("big");
  router.delete("small");
  assertEquals(flows.ringBytes, 0);
});

Deno.test("closed streams leave nothing behind", () => {
  const { timers, join, connections } = onVirtualTime({});
  const readers = Array.from({ length: 10 }, () => join());
  for (const reader of readers) reader.stick();
  for (const reader of readers) reader.destroy();
  timers.advance(120_000);
  assertEquals([connections.size, connections.queuedBytes], [0, 0]);
});
