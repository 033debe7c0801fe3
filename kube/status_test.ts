import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { errorFromResponse, errorFromStatus, parseStatus } from "./status.ts";

const status = <T extends Record<string, unknown>>(fields: T) => ({
  kind: "Status",
  apiVersion: "v1",
  ...fields,
});

Deno.test("a Status answer becomes an error with the server's own words", async () => {
  const body = status({
    status: "Failure",
    message: 'widgets.example.io is forbidden: User "ada" cannot list resource "widgets"',
    reason: "Forbidden",
    code: 403,
  });
  const error = await errorFromResponse(Response.json(body, { status: 403 }), "GET /apis/x");
  assertEquals([error.code, error.status, error.reason], ["forbidden", 403, "Forbidden"]);
  assertEquals(error.message, `GET /apis/x: 403: ${body.message}`);
});

for (
  const [http, code] of [
    [302, "bad-response"],
    [400, "invalid-request"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not-found"],
    [409, "conflict"],
    [410, "gone"],
    [422, "invalid-request"],
    [429, "too-many-requests"],
    [500, "server-error"],
    [503, "server-error"],
    [504, "server-error"],
  ] as const
) {
  Deno.test(`HTTP ${http} without a Status is ${code}`, async () => {
    const error = await errorFromResponse(
      new Response("a proxy's page", { status: http }),
      "GET /",
    );
    assertEquals([error.code, error.status], [code, http]);
    assertStringIncludes(error.message, "a proxy's page");
  });
}

Deno.test("the reason Expired is a 410 whatever number it came with", () => {
  const parsed = parseStatus(status({ reason: "Expired", code: 400 }));
  assert(parsed);
  assertEquals(errorFromStatus(parsed, "WATCH /").code, "gone");
});

Deno.test("Retry-After is read from the header, and from the Status when there is none", async () => {
  const ask = async (headers: Record<string, string>, body: unknown) =>
    (await errorFromResponse(Response.json(body, { status: 429, headers }), "GET /")).retryAfterMs;
  assertEquals(await ask({ "retry-after": "3" }, {}), 3000);
  assertEquals(await ask({}, status({ details: { retryAfterSeconds: 5 } })), 5000);
  assertEquals(
    await ask({ "retry-after": "1" }, status({ details: { retryAfterSeconds: 5 } })),
    1000,
  );
  assertEquals(await ask({ "retry-after": "soon" }, {}), undefined);
  assertEquals(await ask({ "retry-after": "-1" }, {}), undefined);
  assertEquals(await ask({}, {}), undefined);
});

Deno.test("an ERROR event keeps its code, reason and Retry-After", () => {
  const parsed = parseStatus(
    status({
      code: 429,
      reason: "TooManyRequests",
      message: "slow",
      details: { retryAfterSeconds: 2 },
    }),
  );
  assert(parsed);
  const error = errorFromStatus(parsed, "WATCH /x");
  assertEquals(
    [error.code, error.status, error.retryAfterMs, error.message],
    ["too-many-requests", 429, 2000, "WATCH /x: slow"],
  );
});

Deno.test("a Status without anything in it still says something", () => {
  const parsed = parseStatus(status({}));
  assert(parsed);
  const error = errorFromStatus(parsed, "WATCH /x");
  assertEquals([error.code, error.message], ["server-error", "WATCH /x: status 500"]);
});

Deno.test("what is not a Status is not read as one", () => {
  for (const value of [null, "Status", [], { kind: "Pod" }, { message: "no kind" }]) {
    assertEquals(parseStatus(value), undefined);
  }
});

Deno.test("an endless error page costs little memory and a short message", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(16 * 1024).fill(0x61));
    },
  });
  const error = await errorFromResponse(new Response(endless, { status: 502 }), "GET /");
  assertEquals(error.code, "server-error");
  assertLess(pulled, 10);
  assertLess(error.message.length, 250);
});

Deno.test("an error page that breaks off does not hide the status", async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new Error("reset")),
  });
  const error = await errorFromResponse(new Response(broken, { status: 503 }), "GET /");
  assertEquals([error.code, error.message], ["server-error", "GET /: 503"]);
});
