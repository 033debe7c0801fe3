import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { FlowMessage } from "../contracts/flow.ts";
import { PROBLEM_MEDIA_TYPE } from "../contracts/problem.ts";
import { readServerConfig } from "./config.ts";
import { RawClient } from "./testing/raw_client.ts";
import { SseClient } from "./testing/sse_client.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";

const { maxBatch: MAX_BATCH, maxBodyBytes: MAX_BODY_BYTES } = readServerConfig(() => undefined);
const upsert = (id: string): FlowMessage => ({
  type: "upsert-nodes",
  nodes: [{ id, flowId: "f", label: id, status: "running" }],
});
const post = (server: TestServer, body: BodyInit, type = "application/json", flow = "f") =>
  fetch(`${server.url}/v1/flows/${flow}/events`, {
    method: "POST",
    body,
    headers: type === "" ? {} : { "Content-Type": type },
  });
const postOne = async (server: TestServer, id: string) =>
  await (await post(server, JSON.stringify(upsert(id)))).json();
const flows = async (server: TestServer) =>
  (await (await fetch(`${server.url}/v1/flows`)).json()).flows;

/** Checks status, media type and detail of a problem document. */
async function assertProblem(response: Response, status: number, detail: RegExp): Promise<void> {
  assertEquals(response.status, status);
  assertEquals(response.headers.get("Content-Type"), PROBLEM_MEDIA_TYPE);
  const problem = await response.json();
  assertEquals(problem.status, status);
  assertMatch(problem.detail, detail);
}

Deno.test("one message, an array and NDJSON are accepted and answered with seq and epoch", async () => {
  await using server = await startServer();
  const one = await postOne(server, "a");
  assertEquals(one.seq, 1);
  const list = await post(server, JSON.stringify([upsert("b"), upsert("c")]));
  assertEquals(await list.json(), { seq: 3, epoch: one.epoch });
  const lines = [upsert("d"), upsert("e")].map((m) => JSON.stringify(m)).join("\n") + "\n";
  const ndjson = await post(server, lines, "application/x-ndjson; charset=utf-8");
  assertEquals(await ndjson.json(), { seq: 5, epoch: one.epoch });
  const bytes = new TextEncoder().encode(JSON.stringify(upsert("f")));
  assertEquals((await (await post(server, bytes, "")).json()).seq, 6);
});

Deno.test("a batch with one bad message is refused whole and changes nothing", async () => {
  await using server = await startServer();
  await postOne(server, "a");
  const batch = [upsert("b"), { type: "upsert-nodes", nodes: [{ id: "c" }] }];
  await assertProblem(
    await post(server, JSON.stringify(batch)),
    400,
    /message 2 of 2: upsert-nodes: nodes\[0\]\.flowId is required/,
  );
  await assertProblem(
    await post(server, `${JSON.stringify(upsert("b"))}\n{"type":"banana"}`, "application/x-ndjson"),
    400,
    /line 2: unknown message type "banana"/,
  );
  const [flow] = await flows(server);
  assertEquals([flow.seq, flow.nodes], [1, 1]);
});

const REFUSED: [name: string, body: BodyInit, type: string, status: number, detail: RegExp][] = [
  ["an empty body", "", "application/json", 400, /empty/],
  ["half a JSON text", '{"type":', "application/json", 400, /not valid JSON/],
  ["an empty batch", "[]", "application/json", 400, /no message/],
  ["NDJSON without a line", "\n\n", "application/x-ndjson", 400, /no message/],
  ["an unknown envelope", '{"type":"banana"}', "application/json", 400, /unknown message type/],
  ["a malformed envelope", '{"type":"snapshot"}', "application/json", 400, /flow is required/],
  ["bytes that are no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "application/json", 400, /UTF-8/],
  ["JSON without end of nesting", "[".repeat(100_000), "application/json", 400, /not valid JSON/],
  [
    "JSON as deep as a body can hold it",
    `{"type":"upsert-nodes","nodes":${"[".repeat(400_000)}${"]".repeat(400_000)}}`,
    "application/json",
    400,
    /nested deeper than 64 levels/,
  ],
  ["a form", "a=b", "application/x-www-form-urlencoded", 415, /send application\/json/],
  ["plain text", "{}", "text/plain", 415, /send application\/json/],
  [
    "too many messages",
    JSON.stringify(new Array(MAX_BATCH + 1).fill(upsert("a"))),
    "application/json",
    413,
    /at most 1000/,
  ],
];

for (const [name, body, type, status, detail] of REFUSED) {
  Deno.test(`${name} is refused with ${status} and changes nothing`, async () => {
    await using server = await startServer();
    await assertProblem(await post(server, body, type), status, detail);
    assertEquals(await flows(server), []);
  });
}

Deno.test("a body of exactly 1 MiB is accepted and one byte more is not", async () => {
  await using server = await startServer();
  const body = JSON.stringify(upsert("a"));
  assertEquals((await post(server, body.padEnd(MAX_BODY_BYTES, " "))).status, 200);
  await assertProblem(
    await post(server, body.padEnd(MAX_BODY_BYTES + 1, " ")),
    413,
    /more than 1048576 bytes/,
  );
  assertEquals((await flows(server))[0].seq, 1);
});

Deno.test("a client that sends far too much reads its 413 instead of a reset", async () => {
  await using server = await startServer();
  for (const size of [5, 20]) {
    await assertProblem(await post(server, " ".repeat(size * MAX_BODY_BYTES)), 413, /send smaller/);
  }
});

Deno.test("a wrong method gets 405 with Allow, an unknown path 404", async () => {
  await using server = await startServer();
  const cases: [method: string, path: string, allow: string][] = [
    ["PUT", "/v1/flows/f/events", "POST"],
    ["GET", "/v1/flows/f/events", "POST"],
    ["POST", "/v1/flows/f/snapshot", "GET, HEAD"],
    ["DELETE", "/v1/flows/f/stream", "GET, HEAD"],
    ["OPTIONS", "/v1/flows/f/stream", "GET, HEAD"],
    ["GET", "/v1/flows/f", "DELETE"],
    ["POST", "/v1/flows", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
  ];
  for (const [method, path, allow] of cases) {
    const response = await fetch(server.url + path, { method });
    assertEquals(response.headers.get("Allow"), allow, `${method} ${path}`);
    await assertProblem(response, 405, /use (GET|POST|DELETE)/);
  }
  for (
    const path of ["/nope", "/v1", "/v1/flows/f/nope", "/v1/flows/f/snapshot/x", "/ui/none.js"]
  ) {
    await assertProblem(await fetch(server.url + path), 404, /nothing at/);
  }
});

Deno.test("a request that HTTP allows and nobody can serve gets a problem document too", async () => {
  await using server = await startServer();
  const cases: [head: string, status: number, code: string][] = [
    ["OPTIONS * HTTP/1.1\r\nHost: x\r\n", 400, "request-target"],
    ["GET /\\v1 HTTP/1.1\r\nHost: x\r\n", 400, "request-target"],
    ["GET http://[ HTTP/1.1\r\nHost: x\r\n", 400, "request-target"],
    ["GET / HTTP/1.1\r\nHost: not a host\r\n", 400, "request-target"],
    ["GET / HTTP/1.1\r\n", 400, "host"],
    ["PUT / HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n", 417, "expectation"],
  ];
  for (const [head, status, code] of cases) {
    using client = await RawClient.connect(server);
    await client.send(`${head}Connection: close\r\n\r\n`);
    const [top, body] = (await client.readToEnd()).split("\r\n\r\n", 2) as [string, string];
    assertMatch(top, new RegExp(`^HTTP/1.1 ${status} [^]*content-type: application/problem`, "i"));
    assertMatch(top, /x-content-type-options: nosniff/i);
    assertEquals([JSON.parse(body).status, JSON.parse(body).code], [status, code], head);
  }
  assertEquals(server.lines.filter(({ level }) => level === "ERROR"), []);
});

Deno.test("a flow id with control characters or beyond its length is refused", async () => {
  await using server = await startServer();
  for (const id of ["a%0Ab", "%00", "x".repeat(513)]) {
    await assertProblem(await fetch(`${server.url}/v1/flows/${id}/snapshot`), 400, /flow id/);
  }
});

Deno.test("a flow is not made where no URL leads", async () => {
  await using server = await startServer();
  const body = JSON.stringify(upsert("a"));
  for (const segment of [".", "..", "%2e%2E"]) {
    using client = await RawClient.connect(server);
    await client.send(
      `POST /v1/flows/${segment}/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    assertMatch(await client.readToEnd(), /^HTTP\/1\.1 40[45] /);
  }
  assertEquals(await flows(server), []);
});

Deno.test("a flow id may hold a slash, percent-encoded", async () => {
  await using server = await startServer();
  await post(server, JSON.stringify(upsert("a")), "application/json", "team%2Frollout");
  assertEquals((await flows(server))[0].id, "team/rollout");
  assertEquals((await fetch(`${server.url}/v1/flows/team%2Frollout/snapshot`)).status, 200);
});

Deno.test("a snapshot has an ETag, and 304 answers whoever knows it", async () => {
  await using server = await startServer();
  const { epoch } = await postOne(server, "a");
  const url = `${server.url}/v1/flows/f/snapshot`;
  const first = await fetch(url);
  const etag = first.headers.get("ETag")!;
  assertEquals([first.status, etag], [200, `"1-${epoch}"`]);
  assertEquals((await first.json()).nodes, (upsert("a") as { nodes: unknown[] }).nodes);
  for (const condition of [etag, `W/${etag}`, `"x", ${etag}`]) {
    const again = await fetch(url, { headers: { "If-None-Match": condition } });
    assertEquals([again.status, again.headers.get("ETag"), await again.text()], [304, etag, ""]);
  }
  await postOne(server, "b");
  assertEquals(
    (await fetch(url, { headers: { "If-None-Match": etag } }).then((r) => r.json())).nodes.length,
    2,
  );
  const head = await fetch(url, { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("a flow that nothing was posted to has no snapshot, however many wait for it", async () => {
  await using server = await startServer();
  await using _reader = await SseClient.open(`${server.url}/v1/flows/f/stream`);
  await assertProblem(await fetch(`${server.url}/v1/flows/f/snapshot`), 404, /nothing was posted/);
  assertEquals(await flows(server), []);
});

Deno.test("a stream has the original's headers and begins with hello and a snapshot", async () => {
  await using server = await startServer();
  const { epoch } = await postOne(server, "a");
  await using reader = await SseClient.open(`${server.url}/v1/flows/f/stream`);
  const { headers } = reader.response;
  assertEquals(headers.get("Content-Type"), "text/event-stream");
  assertEquals(headers.get("Cache-Control"), "no-cache, no-transform");
  assertEquals(headers.get("X-Accel-Buffering"), "no");
  const [hello, snapshot] = await reader.take(2);
  assertEquals([hello!.event, hello!.lastEventId], ["hello", ""]);
  assertEquals(JSON.parse(hello!.data), { epoch, seq: 1, recovered: false, reason: "new" });
  assertEquals([snapshot!.event, snapshot!.lastEventId], ["snapshot", `1-${epoch}`]);
  assert(reader.retry! >= 1000 && reader.retry! <= 3000);
  await postOne(server, "b");
  const [live] = await reader.take(1);
  assertEquals([live!.event, live!.lastEventId], ["upsert-nodes", `2-${epoch}`]);
  assertEquals(JSON.parse(live!.data), upsert("b"));
});

Deno.test("Last-Event-ID comes by header or by query, and the header wins", async () => {
  await using server = await startServer();
  const { epoch } = await postOne(server, "a");
  await postOne(server, "b");
  const cases: [query: string, header: string | undefined, reason: string][] = [
    ["", `1-${epoch}`, "resumed"],
    [`?last_event_id=1-${epoch}`, undefined, "resumed"],
    [`?lastEventId=1`, undefined, "resumed"],
    [`?last_event_id=banana`, `1-${epoch}`, "resumed"],
    [`?last_event_id=1-${epoch}`, "banana", "unknown"],
    ["", "", "new"],
    ["?last_event_id=", undefined, "new"],
  ];
  for (const [query, header, reason] of cases) {
    await using reader = await SseClient.open(
      `${server.url}/v1/flows/f/stream${query}`,
      header === undefined ? {} : { "Last-Event-ID": header },
    );
    const [hello, next] = await reader.take(2);
    assertEquals(JSON.parse(hello!.data).reason, reason, `${query} ${header}`);
    assertEquals(next!.lastEventId, `2-${epoch}`);
    assertEquals(next!.event, reason === "resumed" ? "upsert-nodes" : "snapshot");
  }
});

Deno.test("HEAD on a stream answers its headers and opens none", async () => {
  await using server = await startServer();
  await postOne(server, "a");
  const response = await fetch(`${server.url}/v1/flows/f/stream`, { method: "HEAD" });
  assertEquals([response.status, await response.text()], [200, ""]);
  assertEquals((await flows(server))[0].subscribers, 0);
});

Deno.test("deleting a flow is idempotent, ends its streams and leaves nothing", async () => {
  await using server = await startServer();
  await postOne(server, "a");
  await using reader = await SseClient.open(`${server.url}/v1/flows/f/stream`);
  await reader.take(2);
  for (const path of ["/v1/flows/f", "/v1/flows/f/", "/v1/flows/never"]) {
    const response = await fetch(server.url + path, { method: "DELETE" });
    assertEquals([response.status, await response.text()], [204, ""]);
  }
  assertEquals((await reader.next())?.event, "deleted");
  assertEquals(await reader.next(), undefined);
  assertEquals(await flows(server), []);
});

Deno.test("the root answers a browser with the page and anyone else with the descriptor", async () => {
  const page = { contentType: "text/html; charset=utf-8", body: "<!doctype html><title>x</title>" };
  await using server = await startServer({}, new Map([["page.html", page]]));
  const get = (accept?: string) =>
    fetch(server.url, accept === undefined ? {} : { headers: { Accept: accept } });
  const browser = await get("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
  assertEquals(await browser.text(), page.body);
  assertStringIncludes(browser.headers.get("Content-Security-Policy")!, "script-src 'self'");
  for (const accept of [undefined, "*/*", "application/json", "image/png"]) {
    const response = await get(accept);
    assertEquals(response.headers.get("Vary"), "Accept");
    const { service, endpoints } = await response.json();
    assertEquals([service, endpoints.ingest], [
      "headrace-server",
      "POST /v1/flows/{flowId}/events",
    ]);
  }
});

Deno.test("health answers ok, and a reader that leaves is no longer counted", async () => {
  await using server = await startServer();
  for (const path of ["/healthz", "/readyz"]) {
    const response = await fetch(server.url + path);
    assertEquals([response.status, await response.text()], [200, "ok\n"]);
  }
  await postOne(server, "a");
  const reader = await SseClient.open(`${server.url}/v1/flows/f/stream`);
  await reader.take(1);
  assertEquals((await flows(server))[0].subscribers, 1);
  await reader[Symbol.asyncDispose]();
  while ((await flows(server))[0].subscribers > 0) await new Promise((done) => setTimeout(done, 5));
});

Deno.test("HTTP/1.0, which nginx speaks to upstreams, gets a stream without chunks", async () => {
  await using server = await startServer();
  await postOne(server, "a");
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: server.address.port });
  await socket.write(new TextEncoder().encode("GET /v1/flows/f/stream HTTP/1.0\r\n\r\n"));
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes("event: snapshot")) {
    const count = await socket.read(buffer);
    assert(count !== null, `ended after ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  assertMatch(text, /\r\n\r\nretry: \d+\nevent: hello\n/);
});
