import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { OutboxError } from "./outbox_error.ts";
import { RouterClient, type RouterOptions } from "./outbox_http.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { settle } from "./testing/settle.ts";

const never = new AbortController().signal;
const clock = new FakeClock(Date.UTC(2026, 0, 1));

interface Seen {
  url: string;
  init: RequestInit;
}

function client(
  answer: (seen: Seen) => Response | Promise<Response>,
  options: Partial<RouterOptions> = {},
): RouterClient {
  return new RouterClient({
    url: "https://router.test/base/?x#y",
    flowId: "dep 1/ü",
    timeout: 1_000,
    clock,
    fetch: (url, init = {}) => Promise.resolve(answer({ url: String(url), init })),
    ...options,
  });
}

function failure(response: Response): Promise<OutboxError> {
  return assertRejects(() => client(() => response).post([], never), OutboxError);
}

const flow = { id: "f", status: "running", startedAt: 1 };

Deno.test("one message goes by itself and several as a list, to the flow's own address", async () => {
  const seen: Seen[] = [];
  const router = client((request) => {
    seen.push(request);
    return Response.json({ seq: 7, epoch: "a" });
  });
  const message = { type: "upsert-flow", flow } as const;
  assertEquals(await router.post([message], never), { seq: 7, epoch: "a" });
  await router.post([message, message], never);
  assertEquals(seen[0]?.url, "https://router.test/base/v1/flows/dep%201%2F%C3%BC/events");
  assertEquals(seen.map(({ init }) => JSON.parse(String(init.body))), [message, [
    message,
    message,
  ]]);
  assertEquals(new Headers(seen[0]?.init.headers).get("content-type"), "application/json");
});

Deno.test("an answer without an epoch is the original's", async () => {
  assertEquals(await client(() => new Response('{"seq":3}\n')).post([], never), { seq: 3 });
});

Deno.test("a snapshot is read with its ETag and the position in it", async () => {
  const node = { id: "a", flowId: "dep 1/ü", label: "a", status: "x" };
  const edge = { fromId: "a", toId: "b", type: "contains" };
  const router = client(({ init }) => {
    assertEquals(new Headers(init.headers).get("if-none-match"), '"1-b"');
    return Response.json({ type: "snapshot", flow, nodes: [node], relationships: [edge] }, {
      headers: { etag: 'W/"4-b"' },
    });
  });
  const answer = await router.snapshot('"1-b"', never);
  assert(answer.type === "snapshot");
  assertEquals([...answer.state.nodes.values()], [node]);
  assertEquals([...answer.state.relationships.values()].map(({ fromId }) => fromId), ["a"]);
  assertEquals([answer.flow, answer.etag, answer.position], [
    flow,
    'W/"4-b"',
    { seq: 4, epoch: "b" },
  ]);
});

Deno.test("304 is unchanged and 404 is absent", async () => {
  const answer = (status: number) =>
    client(() => new Response(status === 304 ? null : "not found", { status })).snapshot(
      "x",
      never,
    );
  assertEquals(await answer(304), { type: "unchanged" });
  assertEquals(await answer(404), { type: "absent" });
});

Deno.test("a snapshot of the original, which leaves out what is empty, is read", async () => {
  const answer = await client(() => new Response('{"type":"snapshot"}')).snapshot(undefined, never);
  assert(answer.type === "snapshot");
  assertEquals([answer.state.nodes.size, answer.flow, answer.position], [0, undefined, undefined]);
});

Deno.test("what others posted to a router that checks nothing does no harm", async () => {
  const nodes = [null, {}, 7, { id: "a" }, { id: "a", flowId: "f" }];
  const relationships = [null, { fromId: "a" }, { fromId: "a", toId: "b", type: "bogus" }];
  const answer = await client(() =>
    Response.json({ type: "snapshot", flow: 1, nodes, relationships })
  ).snapshot(undefined, never);
  assert(answer.type === "snapshot");
  assertEquals([answer.state.nodes.size, answer.state.relationships.size], [1, 1]);
});

Deno.test("an error repeats what the problem document says, or the text", async () => {
  const problem = await failure(
    Response.json({ detail: "nodes[0].id is required" }, { status: 400 }),
  );
  assertEquals(problem.message, "the router answered 400: nodes[0].id is required");
  const text = await failure(new Response("upstream\n  down".repeat(100), { status: 502 }));
  assertStringIncludes(text.message, "502: upstream down");
  assert(text.message.length < 400);
  assertEquals(
    (await failure(new Response(null, { status: 500 }))).message,
    "the router answered 500",
  );
});

Deno.test("a redirect is not followed, and says where it leads", async () => {
  const error = await failure(
    new Response(null, { status: 301, headers: { location: "https://other.test/" } }),
  );
  assertStringIncludes(error.message, "https://other.test/");
  assert(error.isRefusal);
});

Deno.test("which failures refuse, and which may have changed something", async () => {
  const kinds: Record<number, [boolean, boolean]> = {
    400: [true, true],
    401: [true, true],
    404: [true, true],
    408: [false, true],
    413: [true, true],
    429: [false, true],
    500: [false, false],
    503: [false, false],
  };
  for (const [status, kind] of Object.entries(kinds)) {
    const { isRefusal, changedNothing } = await failure(
      new Response("", { status: Number(status) }),
    );
    assertEquals([isRefusal, changedNothing], kind, status);
  }
  const cut = await assertRejects(
    () => client(() => Promise.reject(new TypeError("refused"))).post([], never),
    OutboxError,
    "refused",
  );
  assertEquals([cut.code, cut.isRefusal, cut.changedNothing], ["network", false, false]);
  const cause = new Error("tcp connect error: Connection refused (os error 111)");
  await assertRejects(
    () => client(() => Promise.reject(new TypeError("fetch failed", { cause }))).post([], never),
    OutboxError,
    "os error 111",
  );
});

Deno.test("Retry-After is read as seconds or a date", async () => {
  const after = async (value: string) =>
    (await failure(new Response("", { status: 503, headers: { "retry-after": value } })))
      .retryAfter;
  assertEquals(await after("5"), 5_000);
  assertEquals(await after("Thu, 01 Jan 2026 00:00:09 GMT"), 9_000);
});

Deno.test("a success that is no JSON of ours is none", async () => {
  for (const body of ["<html>", "[]", '{"seq":"7"}', '{"seq":1.5}']) {
    assertEquals((await failure(new Response(body))).code, "protocol", body);
  }
  for (const body of ["<html>", "[]", '{"type":"upsert-flow"}']) {
    await assertRejects(
      () => client(() => new Response(body)).snapshot(undefined, never),
      OutboxError,
      "none of a flow router",
    );
  }
});

Deno.test("a request ends with its time, also while the answer is being read", async () => {
  const endless = (signal: AbortSignal) =>
    new ReadableStream({
      start(controller) {
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
  for (
    const answer of [
      ({ init }: Seen) => new Response(endless(init.signal!)),
      ({ init }: Seen) =>
        new Promise<Response>((_, reject) => {
          init.signal!.addEventListener("abort", () => reject(init.signal!.reason));
        }),
    ]
  ) {
    const pending = assertRejects(() => client(answer).post([], never), OutboxError, "1000 ms");
    await settle();
    clock.advance(1_000);
    assertEquals((await pending).code, "timeout");
  }
  assertEquals(clock.nextTimer, undefined);
});

Deno.test("the token is sent in the header and never in an error", async () => {
  const router = client(({ init }) => {
    assertEquals(new Headers(init.headers).get("authorization"), "Bearer s3cret");
    return new Response("", { status: 401 });
  }, { token: "s3cret" });
  const error = await assertRejects(() => router.post([], never), OutboxError);
  assert(!error.message.includes("s3cret"));
});

Deno.test("an address that is none is refused at once", () => {
  assertThrows(() => client(() => new Response(), { url: "/v1" }), TypeError);
});
