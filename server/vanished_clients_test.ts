import { assertEquals, assertMatch } from "@std/assert";
import { RawClient } from "./testing/raw_client.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";
import { until } from "./testing/until.ts";

const STREAM = "GET /v1/flows/f/stream HTTP/1.1\r\nHost: x\r\n";
const TOKEN = "Authorization: Bearer test-token\r\n";
const HELLO = /event: hello\n/;

async function metric(server: TestServer, name: string): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, {
    headers: { Authorization: "Bearer test-token" },
  });
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(await response.text())?.[1]);
}

const streamsAre = (server: TestServer, count: number) =>
  until(
    `${count} streams are open`,
    async () => await metric(server, "headrace_streams") === count,
  );

/** An access file that knows one token, removed at the end. */
async function accessFile(): Promise<{ path: string } & AsyncDisposable> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("test-token"));
  const path = await Deno.makeTempFile({ prefix: "headrace-access-" });
  const allow = [{ actions: ["read", "write"], flows: ["*"] }];
  const sha256 = new Uint8Array(hash).toHex();
  await Deno.writeTextFile(path, JSON.stringify({ tokens: [{ name: "test", sha256, allow }] }));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("clients that leave while their token is looked at leave no stream behind", async () => {
  await using file = await accessFile();
  await using server = await startServer({ accessFile: file.path });
  const clients = 300;
  for (let i = 0; i < clients; i++) {
    using client = await RawClient.connect(server);
    await client.send(`${STREAM}${TOKEN}\r\n`);
  }
  // One that stays comes after them all, so what is left of them is left for good.
  using stays = await RawClient.connect(server);
  await stays.send(`${STREAM}${TOKEN}\r\n`);
  await stays.readUntil(HELLO);
  await streamsAre(server, 1);
  assertEquals(server.lines.filter(({ level }) => level === "ERROR"), []);
});

Deno.test("a stream that is asked for behind another request begins in its turn", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server);
  await client.send(`GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n${STREAM}\r\n`);
  const text = await client.readUntil(HELLO);
  assertMatch(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok\nHTTP\/1\.1 200 OK\r\n[^]*event: hello/);
  assertEquals(server.lines.filter(({ level }) => level === "ERROR"), []);
});

Deno.test("a second stream on one connection is never begun, and ends with the first", async () => {
  await using server = await startServer();
  {
    using client = await RawClient.connect(server);
    await client.send(`${STREAM}\r\n${STREAM}\r\n`);
    await client.readUntil(HELLO);
    assertEquals(await metric(server, "headrace_streams"), 1);
  }
  await streamsAre(server, 0);
  assertEquals(server.lines.filter(({ level }) => level === "ERROR"), []);
});

Deno.test("a request that comes on a connection which streams already ends it", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server);
  await client.send(`${STREAM}\r\n`);
  await client.readUntil(HELLO);
  await client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.readToEnd();
  await streamsAre(server, 0);
});

Deno.test("a stream that has ended is gone, whether or not its client closes too", async () => {
  await using server = await startServer({ streamMaxAge: 500 });
  using client = await RawClient.connect(server);
  await client.send(`${STREAM}\r\n`);
  await streamsAre(server, 1);
  await streamsAre(server, 0);
  const text = await client.readToEnd();
  assertMatch(text, /event: snapshot\n[^]*retry: \d+\n\n\r\n0\r\n\r\n$/);
  // It said so before, or else the client would send its next request there.
  assertMatch(text, /\r\nConnection: close\r\n/);
});
