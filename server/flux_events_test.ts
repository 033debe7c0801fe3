import { assertEquals, assertStringIncludes } from "@std/assert";
import { createHmac } from "node:crypto";
import type { FluxEvent } from "../contracts/flux_event.ts";
import type { ServerConfig } from "./config.ts";
import { fluxEvent } from "./flux_events/testing/events.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";
import { until } from "./testing/until.ts";

const KEY = "a-secret-that-two-know";
const QUERY = "?flow=rollout&region=fsn1";

interface Posted {
  readonly event?: FluxEvent;
  readonly body?: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
}

async function post(
  server: TestServer,
  { event = fluxEvent(), body = JSON.stringify(event), query = QUERY, headers }: Posted = {},
) {
  const response = await fetch(`${server.url}/v1/flux/events${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, answer: await response.json() };
}

const sign = (body: string, key = KEY) => ({
  "X-Signature": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
});

async function snapshot(server: TestServer, headers: Record<string, string> = {}) {
  return await (await fetch(`${server.url}/v1/flows/rollout/snapshot`, { headers })).json();
}

/** A router that knows one signer and one token, both of which may write to `rollout*`. */
async function withAccess(config: Partial<ServerConfig> = {}) {
  const folder = await Deno.makeTempDir({ prefix: "headrace-flux-events-" });
  const keyFile = `${folder}/fsn1.hmac`;
  await Deno.writeTextFile(keyFile, KEY);
  const sha256 = (text: string) =>
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
      .then((hash) => new Uint8Array(hash).toHex());
  const allow = [{ actions: ["write"], flows: ["rollout*"] }];
  const read = [{ actions: ["read"], flows: ["*"] }];
  const accessFile = `${folder}/access.json`;
  await Deno.writeTextFile(
    accessFile,
    JSON.stringify({
      tokens: [
        { name: "alerts", sha256: await sha256("writer"), allow },
        { name: "ops", sha256: await sha256("reader"), allow: read },
      ],
      hmacKeys: [{ name: "fsn1", keyFile, allow }],
    }),
  );
  const server = await startServer({ accessFile, accessReload: 20, ...config });
  return {
    server,
    keyFile,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("an event becomes a note on a node, and a reader of the flow sees it", async () => {
  await using server = await startServer();
  const { status, answer } = await post(server);
  assertEquals([status, answer.result, answer.seq], [200, "applied", 3]);
  const { nodes, flow } = await snapshot(server);
  assertEquals(nodes.map(({ id }: { id: string }) => id), ["fsn1", "fsn1/bp-loki"]);
  assertEquals(flow.status, "succeeded");
  // notification-controller posts again what it has no answer to.
  assertEquals((await post(server)).answer, { ...answer, result: "unchanged" });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const [result, count] of [["applied", 1], ["unchanged", 1], ["ignored", 0]]) {
    assertStringIncludes(metrics, `headrace_flux_events_total{result="${result}"} ${count}`);
  }
});

Deno.test("where an adapter reports the region an event is taken and changes nothing", async () => {
  await using server = await startServer();
  const region = { id: "fsn1", flowId: "rollout", label: "fsn1", status: "running" };
  await fetch(`${server.url}/v1/flows/rollout/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ type: "upsert-nodes", nodes: [region] }),
  }).then((response) => response.body?.cancel());
  const { status, answer } = await post(server);
  assertEquals([status, answer.result, answer.seq], [200, "ignored", 1]);
  assertEquals((await snapshot(server)).nodes, [region]);
});

Deno.test("a signed event is taken, one with a wrong signature, none or another body is not", async () => {
  await using setup = await withAccess();
  const { server } = setup;
  const body = JSON.stringify(fluxEvent());
  for (
    const headers of [
      {},
      { "X-Signature": "sha256=" },
      sign(body, "another-secret-altogether"),
      sign(`${body} `),
    ]
  ) {
    const { status, headers: answered, answer } = await post(server, { body, headers });
    assertEquals([status, answer.code], [401, "unauthorized"]);
    assertEquals(answered.get("WWW-Authenticate"), "Bearer");
    assertEquals(JSON.stringify([answer, server.lines]).includes(KEY), false);
  }
  assertEquals((await post(server, { body, headers: sign(body) })).answer.result, "applied");
});

Deno.test("a signer and a token write only where they may", async () => {
  await using setup = await withAccess();
  const { server } = setup;
  const body = JSON.stringify(fluxEvent());
  const status = async (flow: string, headers: Record<string, string>) =>
    (await post(server, { body, query: `?flow=${flow}&region=fsn1`, headers })).status;
  for (const headers of [sign(body), { Authorization: "Bearer writer" }]) {
    assertEquals(await status("rollout-7", headers), 200);
    assertEquals(await status("other", headers), 403);
  }
  assertEquals(await status("rollout", { Authorization: "Bearer reader" }), 403);
  // A token that is wrong is not made good by a signature.
  assertEquals(await status("rollout", { ...sign(body), Authorization: "Bearer x" }), 401);
});

Deno.test("a changed key file is taken without a restart, and a bad one is not", async () => {
  await using setup = await withAccess();
  const { server, keyFile } = setup;
  const body = JSON.stringify(fluxEvent());
  const next = "another-secret-that-two-know";
  await Deno.writeTextFile(keyFile, next);
  await until(
    "the new key is known",
    async () => (await post(server, { body, headers: sign(body, next) })).status === 200,
  );
  assertEquals((await post(server, { body, headers: sign(body) })).status, 401);
  await Deno.writeTextFile(keyFile, "short");
  await until("it is said", () => server.lines.some(({ level }) => level === "ERROR"));
  assertEquals((await post(server, { body, headers: sign(body, next) })).status, 200);
});

Deno.test("what is wrong with an event is named, and nothing is changed", async () => {
  await using server = await startServer({
    maxIdLength: 40,
    maxBodyBytes: 4096,
    maxMessageBytes: 2048,
  });
  const { involvedObject: _, ...headless } = fluxEvent();
  const cases: [Posted, number, string][] = [
    [{ query: "?region=fsn1" }, 400, "?flow="],
    [{ query: "?flow=rollout" }, 400, "&region="],
    [{ query: "?flow=rollout&region=a%2Fb" }, 400, "region"],
    [{ query: `?flow=rollout&region=${"x".repeat(35)}` }, 400, "40 characters"],
    [{ body: "" }, 400, "empty"],
    [{ body: "{" }, 400, "JSON"],
    [{ body: "[]" }, 400, "an array"],
    [{ body: JSON.stringify(headless) }, 400, "involvedObject is required"],
    [{ event: fluxEvent({ name: "a/b" }) }, 400, "involvedObject.name"],
    [{ event: fluxEvent({ at: "late" }) }, 400, "timestamp must be an RFC 3339 time"],
    [{ event: fluxEvent({ severity: "fatal" as "info" }) }, 400, "severity must be one of"],
    [{ event: fluxEvent({ message: "x".repeat(5_000) }) }, 413, "4096 bytes"],
    [{ event: fluxEvent({ message: "x".repeat(3_000) }) }, 413, "2048 bytes"],
    [{ headers: { "Content-Type": "text/plain" } }, 415, "application/json"],
    [{ headers: { "Content-Type": "application/x-ndjson" } }, 415, "one event"],
  ];
  for (const [posted, expected, words] of cases) {
    const { status, answer } = await post(server, posted);
    assertEquals([status, answer.status], [expected, expected], answer.detail);
    assertStringIncludes(answer.detail, words);
  }
  assertEquals((await fetch(`${server.url}/v1/flows/rollout/snapshot`)).status, 404);
});

Deno.test("an event says as much as a flow may hold, and no more", async () => {
  await using server = await startServer({ maxFlowObjects: 3 });
  assertEquals((await post(server)).status, 200);
  const { status, answer } = await post(server, { event: fluxEvent({ name: "bp-mimir" }) });
  assertEquals([status, answer.code], [413, "flow-too-large"]);
});
