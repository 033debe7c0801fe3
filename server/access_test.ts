import { assertEquals, assertMatch } from "@std/assert";
import { ISSUER, Issuer, SUBJECT } from "./testing/issuer.ts";
import { SseClient } from "./testing/sse_client.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";

const upsert = {
  type: "upsert-nodes",
  nodes: [{ id: "a", flowId: "prod-1", label: "a", status: "running" }],
};

const sha256 = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();

/** A file that tests write; removed at the end. */
class TextFile implements AsyncDisposable {
  private constructor(readonly path: string) {}
  static async of(value: unknown): Promise<TextFile> {
    const file = new TextFile(await Deno.makeTempFile({ prefix: "headrace-access-" }));
    await file.write(value);
    return file;
  }
  write(value: unknown): Promise<void> {
    return Deno.writeTextFile(this.path, JSON.stringify(value));
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.path);
  }
}

async function withTokens() {
  const file = await TextFile.of({
    tokens: [
      {
        name: "ci",
        sha256: await sha256("writer"),
        allow: [{ actions: ["write"], flows: ["prod-*"] }],
      },
      {
        name: "ops",
        sha256: await sha256("reader"),
        allow: [{ actions: ["read"], flows: ["prod-*"] }],
      },
    ],
  });
  const server = await startServer({ accessFile: file.path, accessReload: 50 });
  const close = async () => {
    await server.stop();
    await file[Symbol.asyncDispose]();
  };
  return { file, server, [Symbol.asyncDispose]: close };
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const post = (server: TestServer, headers: Record<string, string>, flow = "prod-1") =>
  fetch(`${server.url}/v1/flows/${flow}/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(upsert),
  });
async function status(response: Promise<Response> | Response): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

Deno.test("without a token every route of flows is closed, and says how to open it", async () => {
  await using setup = await withTokens();
  const { server } = setup;
  for (
    const [method, path] of [
      ["GET", "/v1/flows"],
      ["GET", "/v1/flows/prod-1/snapshot"],
      ["GET", "/v1/flows/prod-1/stream"],
      ["HEAD", "/v1/flows/prod-1/stream"],
      ["POST", "/v1/flows/prod-1/events"],
      ["DELETE", "/v1/flows/prod-1"],
      ["POST", "/v1/session"],
    ] as const
  ) {
    const response = await fetch(server.url + path, { method });
    assertEquals(
      [response.status, response.headers.get("WWW-Authenticate")],
      [401, "Bearer"],
      path,
    );
    await response.body?.cancel();
  }
  for (const path of ["/healthz", "/readyz", "/"]) {
    assertEquals(await status(fetch(server.url + path)), 200);
  }
});

Deno.test("a token does what it is allowed to, on the flows that it is allowed", async () => {
  await using setup = await withTokens();
  const { server } = setup;
  assertEquals(await status(post(server, bearer("writer"))), 200);
  assertEquals(await status(post(server, bearer("writer"), "stage-1")), 403);
  assertEquals(await status(post(server, bearer("reader"))), 403);
  assertEquals(await status(post(server, bearer("nobody"))), 401);
  const snapshot = (token: string) =>
    status(fetch(`${server.url}/v1/flows/prod-1/snapshot`, { headers: bearer(token) }));
  assertEquals([await snapshot("reader"), await snapshot("writer")], [200, 403]);
  const list = async (token: string) =>
    (await (await fetch(`${server.url}/v1/flows`, { headers: bearer(token) })).json()).flows.length;
  assertEquals([await list("reader"), await list("writer")], [1, 0]);
});

Deno.test("a token in the URL opens nothing", async () => {
  await using setup = await withTokens();
  const { server } = setup;
  for (const name of ["access_token", "token", "authorization"]) {
    const url = `${server.url}/v1/flows/prod-1/stream?${name}=reader`;
    assertEquals(await status(fetch(url)), 401);
  }
});

Deno.test("a refused request says nothing of the token, and neither does the log", async () => {
  await using setup = await withTokens();
  const response = await post(setup.server, bearer("s3cr3t-token"));
  assertEquals((await response.text()).includes("s3cr3t"), false);
  assertEquals(JSON.stringify(setup.server.lines).includes("s3cr3t"), false);
});

Deno.test("a session's cookie reads and cannot write", async () => {
  await using setup = await withTokens();
  const { server } = setup;
  await status(post(server, bearer("writer")));
  const login = await fetch(`${server.url}/v1/session`, {
    method: "POST",
    headers: bearer("reader"),
  });
  const cookie = login.headers.get("Set-Cookie")!;
  assertEquals(login.status, 204);
  assertMatch(
    cookie,
    /^headrace_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const Cookie = cookie.split(";")[0]!;
  await using stream = await SseClient.open(`${server.url}/v1/flows/prod-1/stream`, { Cookie });
  assertEquals((await stream.take(1))[0]?.event, "hello");
  assertEquals(await status(post(server, { Cookie })), 401);
  await status(fetch(`${server.url}/v1/session`, { method: "DELETE", headers: { Cookie } }));
  assertEquals(await status(fetch(`${server.url}/v1/flows`, { headers: { Cookie } })), 401);
});

Deno.test("a changed access file is taken, ends open streams, and a broken one changes nothing", async () => {
  await using setup = await withTokens();
  const { server, file } = setup;
  await using stream = await SseClient.open(
    `${server.url}/v1/flows/prod-1/stream`,
    bearer("reader"),
  );
  await stream.take(2);
  const text = await Deno.readTextFile(file.path);
  await Deno.writeTextFile(file.path, "{");
  while (!server.lines.some(({ level }) => level === "ERROR")) {
    await new Promise((r) => setTimeout(r, 50));
  }
  assertEquals(await status(fetch(`${server.url}/v1/flows`, { headers: bearer("reader") })), 200);
  await Deno.writeTextFile(file.path, text.replaceAll(await sha256("reader"), await sha256("new")));
  assertEquals(await stream.next(), undefined);
  assertEquals(await status(fetch(`${server.url}/v1/flows`, { headers: bearer("reader") })), 401);
  assertEquals(await status(fetch(`${server.url}/v1/flows`, { headers: bearer("new") })), 200);
});

Deno.test("a ServiceAccount's token of a known issuer is good for its flows", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  await using file = await TextFile.of({ issuers: [issuer.rule] });
  await using server = await startServer({ accessFile: file.path, accessReload: 50 });
  assertEquals(await status(post(server, bearer(await issuer.token()))), 200);
  assertEquals(await status(post(server, bearer(await issuer.token()), "stage-1")), 403);
  const refused: [name: string, token: string][] = [
    ["another audience", await issuer.token({ aud: "kubernetes" })],
    ["another issuer", await issuer.token({ iss: "https://evil.example" })],
    ["another subject", await issuer.token({ sub: "system:serviceaccount:x:y" })],
    ["expired", await issuer.token({}, -60)],
    [
      "altered",
      (await issuer.token()).replace(/\.(.)(?=[^.]*$)/, (_, c) => c === "A" ? ".B" : ".A"),
    ],
    ["no JWT", "a.b.c"],
    ["unsigned", unsigned()],
  ];
  for (const [name, token] of refused) {
    const response = await post(server, bearer(token));
    assertEquals(response.status, 401, name);
    assertMatch(response.headers.get("WWW-Authenticate")!, /invalid_token/);
    await response.body?.cancel();
  }
});

/** A token with `alg: none`, which RFC 8725 §3.1 tells to refuse. */
function unsigned(): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const exp = Math.floor(Date.now() / 1000) + 60;
  return `${part({ alg: "none" })}.${part({ iss: ISSUER, aud: "headrace", sub: SUBJECT, exp })}.`;
}

Deno.test("a stream ends when its token does", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  await using file = await TextFile.of({ issuers: [issuer.rule] });
  await using server = await startServer({ accessFile: file.path, accessReload: 50 });
  const headers = bearer(await issuer.token({}, 2));
  await using stream = await SseClient.open(`${server.url}/v1/flows/prod-1/stream`, headers);
  assertEquals(stream.response.status, 200);
  await stream.take(2);
  assertEquals(await stream.next(), undefined);
});

Deno.test("an issuer whose keys cannot be had gives 503, not 401", async () => {
  const issuer = new Issuer();
  await issuer.rotate();
  await using file = await TextFile.of({ issuers: [issuer.rule] });
  const token = await issuer.token();
  await issuer[Symbol.asyncDispose]();
  await using server = await startServer({ accessFile: file.path, accessReload: 50 });
  const response = await post(server, bearer(token));
  assertEquals([response.status, response.headers.get("Retry-After")], [503, "5"]);
  await response.body?.cancel();
});

Deno.test("keys from a file are taken anew when they rotate", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  await using keys = await TextFile.of(await (await fetch(issuer.jwksUri)).json());
  const { jwksUri: _, ...rule } = issuer.rule;
  await using file = await TextFile.of({ issuers: [{ ...rule, jwksFile: keys.path }] });
  await using server = await startServer({ accessFile: file.path, accessReload: 50 });
  assertEquals(await status(post(server, bearer(await issuer.token()))), 200);
  await issuer.rotate();
  const token = await issuer.token();
  assertEquals(await status(post(server, bearer(token))), 401);
  await keys.write(await (await fetch(issuer.jwksUri)).json());
  while (await status(post(server, bearer(token))) === 401) {
    await new Promise((r) => setTimeout(r, 100));
  }
});

Deno.test("pages of listed origins may ask, those of others get no permission", async () => {
  await using server = await startServer({ corsOrigins: ["https://ops.example.org"] });
  const preflight = (origin: string) =>
    fetch(`${server.url}/v1/flows`, {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "GET" },
    });
  const allowed = await preflight("https://ops.example.org");
  assertEquals(allowed.status, 204);
  assertEquals(allowed.headers.get("Access-Control-Allow-Origin"), "https://ops.example.org");
  for (const origin of ["https://evil.example", "null", "https://ops.example.org.evil.example"]) {
    const response = await preflight(origin);
    assertEquals([response.status, response.headers.get("Access-Control-Allow-Origin")], [
      405,
      null,
    ]);
    await response.body?.cancel();
  }
  await using stream = await SseClient.open(`${server.url}/v1/flows/f/stream`, {
    Origin: "https://ops.example.org",
  });
  assertEquals(
    stream.response.headers.get("Access-Control-Allow-Origin"),
    "https://ops.example.org",
  );
});
