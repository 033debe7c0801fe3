import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import https from "node:https";
import type { TLSSocket } from "node:tls";
import { createKubeClient } from "./client.ts";
import type { ClusterConfig } from "./cluster_config.ts";
import { KubeError } from "./errors.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";

const testdata = (name: string) =>
  Deno.readTextFile(new URL(`./testing/testdata/${name}`, import.meta.url));
const ca = await testdata("ca.crt");
const cert = await testdata("server.crt");
const key = await testdata("server.key");

function config(server: URL, more: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    origin: "a test",
    server,
    namespace: undefined,
    ca: undefined,
    proxyUrl: undefined,
    user: {},
    ...more,
  };
}

/** Serves an API that wants a token, over TLS. */
async function serve(token?: () => string) {
  const server = new FakeApiServer(token === undefined ? {} : { token });
  const api = await server.serve({ cert, key });
  return { server, url: api.url, [Symbol.asyncDispose]: () => api.close() };
}

Deno.test("a request carries token, agent and impersonation, and asks for JSON", async () => {
  await using api = await serve(() => "t0p");
  using client = createKubeClient(
    config(api.url, {
      ca: { text: ca },
      user: {
        token: { text: "t0p" },
        impersonate: { user: "bob", groups: ["ops", "dev"], uid: "42" },
      },
    }),
    { userAgent: "headrace-test/1" },
  );
  const response = await client.fetch("/version?pretty=1");
  assertEquals([response.status, (await response.json()).major], [200, "1"]);
  const [request] = api.server.requests;
  assert(request);
  assertEquals(request.url.pathname + request.url.search, "/version?pretty=1");
  const header = (name: string) => request.headers.get(name);
  assertEquals(header("authorization"), "Bearer t0p");
  assertEquals(header("user-agent"), "headrace-test/1");
  assertEquals(header("accept"), "application/json");
  assertEquals(header("impersonate-user"), "bob");
  assertEquals(header("impersonate-group"), "ops, dev");
  assertEquals(header("impersonate-uid"), "42");
});

Deno.test("the path of the server's URL goes before every request's path", async () => {
  await using api = await serve();
  using client = createKubeClient(
    config(new URL("/k8s/clusters/c-1/", api.url), { ca: { text: ca } }),
  );
  await (await client.fetch("/version")).body?.cancel();
  assertEquals(api.server.requests[0]?.url.pathname, "/k8s/clusters/c-1/version");
});

Deno.test("a server whose certificate comes from elsewhere is refused", async () => {
  await using api = await serve();
  using client = createKubeClient(
    config(api.url, { ca: { text: await testdata("other_ca.crt") } }),
  );
  const error = await assertRejects(() => client.fetch("/version"), KubeError);
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, "UnknownIssuer");
  assertEquals(api.server.requests.length, 0);
});

Deno.test("an authority that is no certificate is named at once", async () => {
  using client = createKubeClient(config(new URL("https://127.0.0.1:9"), { ca: { text: "junk" } }));
  const error = await assertRejects(() => client.fetch("/version"), KubeError);
  assertEquals([error.code, error.message], [
    "credentials",
    "a test: the certificate authority is not PEM",
  ]);
});

Deno.test("a token that was rotated before its time is found after one 401", async () => {
  let expected = "one";
  let file = "one";
  await using api = await serve(() => expected);
  using client = createKubeClient(
    config(api.url, { ca: { text: ca }, user: { token: { file: "/token" } } }),
    { clock: new FakeClock(), readTextFile: () => Promise.resolve(file) },
  );
  await (await client.fetch("/version")).body?.cancel();
  expected = file = "two";
  const response = await client.fetch("/version");
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals(api.server.requests.map(({ headers }) => headers.get("authorization")), [
    "Bearer one",
    "Bearer one",
    "Bearer two",
  ]);
});

Deno.test("a 401 with nothing new to show is the answer, asked once", async () => {
  await using api = await serve(() => "other");
  using client = createKubeClient(
    config(api.url, { ca: { text: ca }, user: { token: { text: "t0p" } } }),
  );
  const response = await client.fetch("/version");
  assertEquals(response.status, 401);
  assertEquals((await response.json()).reason, "Unauthorized");
  assertEquals(api.server.requests.length, 1);
});

Deno.test("a redirect is an answer: credentials do not follow it", async () => {
  await using api = await serve();
  await using elsewhere = await serve();
  api.server.answerNextWith(() =>
    new Response(null, { status: 302, headers: { location: `${elsewhere.url}login` } })
  );
  using client = createKubeClient(
    config(api.url, { ca: { text: ca }, user: { token: { text: "t0p" } } }),
  );
  const response = await client.fetch("/version");
  assertEquals(response.status, 302);
  await response.body?.cancel();
  assertEquals(elsewhere.server.requests.length, 0);
});

Deno.test("a client certificate is shown, and a rotated one takes its place", async () => {
  const shown: string[] = [];
  const server = https.createServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      shown.push(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN));
      response.end("{}");
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  const files: Record<string, string> = {
    "/ca.crt": ca,
    "/tls.crt": await testdata("client.crt"),
    "/tls.key": await testdata("client.key"),
  };
  const clock = new FakeClock();
  const client = createKubeClient(
    config(new URL(`https://127.0.0.1:${address.port}`), {
      ca: { file: "/ca.crt" },
      user: {
        clientCertificate: { certificate: { file: "/tls.crt" }, key: { file: "/tls.key" } },
      },
    }),
    { clock, readTextFile: (path) => Promise.resolve(files[path] ?? "") },
  );
  await (await client.fetch("/")).text();
  files["/tls.crt"] = await testdata("client_rotated.crt");
  files["/tls.key"] = await testdata("client_rotated.key");
  await (await client.fetch("/")).text();
  await clock.advance(60_000);
  await (await client.fetch("/")).text();
  assertEquals(shown, ["ada", "ada", "ada-rotated"]);
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("a watch that is open goes on while certificates rotate", async () => {
  await using api = await serve();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (c) => void (controller = c) });
  const say = (text: string) => controller?.enqueue(new TextEncoder().encode(text));
  api.server.answerNextWith(() => new Response(body));
  let authorities = ca;
  const clock = new FakeClock();
  using client = createKubeClient(config(api.url, { ca: { file: "/ca" } }), {
    clock,
    readTextFile: () => Promise.resolve(authorities),
  });
  const watch = (await client.fetch("/watch")).body?.getReader();
  assert(watch);
  say("before");
  assertEquals(new TextDecoder().decode((await watch.read()).value), "before");
  authorities = `${ca}\n${await testdata("other_ca.crt")}`;
  await clock.advance(60_000);
  await (await client.fetch("/version")).body?.cancel();
  say("after");
  assertEquals(new TextDecoder().decode((await watch.read()).value), "after");
  await watch.cancel();
});

Deno.test("each open answer has a connection of its own, so that one cut is one cut", async () => {
  const ports = new Set<number>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    (_request, { remoteAddr }) => {
      ports.add((remoteAddr as Deno.NetAddr).port);
      return new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }));
    },
  );
  using client = createKubeClient(
    config(new URL(`https://127.0.0.1:${server.addr.port}`), { ca: { text: ca } }),
  );
  const open = await Promise.all([1, 2, 3].map(() => client.fetch("/")));
  assertEquals(ports.size, 3);
  for (const response of open) await response.body?.cancel();
});

Deno.test("a server that is not there is unreachable, and the signal's reason passes through", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  using client = createKubeClient(config(new URL(`http://127.0.0.1:${port}`)));
  const stop = new AbortController();
  const hanging = assertRejects(
    () => client.fetch("/version", { signal: stop.signal }),
    Error,
    "enough",
  );
  stop.abort(new Error("enough"));
  await hanging;
  listener.close();
  const error = await assertRejects(() => client.fetch("/version"), KubeError);
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, `GET /version at 127.0.0.1:${port}`);
});

Deno.test("a closed client says so", async () => {
  const client = createKubeClient(config(new URL("http://127.0.0.1:9999")));
  client.close();
  await assertRejects(() => client.fetch("/version"), KubeError, "the client is closed");
});

Deno.test("credentials never go over plain HTTP, except on loopback", () => {
  const user = { token: { text: "t0p" } };
  const error = assertThrows(
    () => createKubeClient(config(new URL("http://10.0.0.1:8080"), { user })),
    KubeError,
  );
  assertEquals(error.code, "unsupported-config");
  assertStringIncludes(error.message, "http://10.0.0.1:8080 is not encrypted");
  createKubeClient(config(new URL("http://10.0.0.1:8080"))).close();
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    createKubeClient(config(new URL(`http://${host}:8080`), { user })).close();
  }
});

Deno.test("requests go through the proxy that the configuration names", async () => {
  const asked: string[] = [];
  await using proxy = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push(request.url);
      return new Response("{}");
    },
  );
  using client = createKubeClient(
    config(new URL("http://127.0.0.1:9998"), { proxyUrl: `http://127.0.0.1:${proxy.addr.port}` }),
  );
  assertEquals(await (await client.fetch("/version")).text(), "{}");
  assertEquals(asked, ["http://127.0.0.1:9998/version"]);
});
