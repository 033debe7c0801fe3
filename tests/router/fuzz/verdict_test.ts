import { assertEquals, assertMatch } from "@std/assert";
import type { FuzzResponse } from "./response.ts";
import { judge, serverError } from "./verdict.ts";

const GET = { method: "GET", wellFormed: true };

function answer(status: number, code?: string): FuzzResponse {
  const title = "x";
  const body = code === undefined
    ? ""
    : JSON.stringify({ type: "about:blank", title, status, detail: "because", code });
  return {
    status,
    head: "HTTP/1.1 400 x\r\nX-Content-Type-Options: nosniff\r\n",
    contentType: code === undefined ? undefined : "application/problem+json",
    body,
  };
}

Deno.test("what goes well and what is refused in a problem document is in order", () => {
  assertEquals(judge(GET, { ...answer(200), contentType: "text/plain" }), undefined);
  assertEquals(judge(GET, answer(404, "no-such-path")), undefined);
  assertEquals(judge({ ...GET, method: "HEAD" }, { ...answer(404, "x"), body: "" }), undefined);
});

Deno.test("a failure of the router is found, a bound that is reached is none", () => {
  assertMatch(judge(GET, answer(500, "internal")) ?? "", /^500: /);
  assertMatch(judge(GET, answer(503, "issuer-unavailable")) ?? "", /^503: /);
  assertEquals(judge(GET, answer(503, "too-many-streams")), undefined);
  assertMatch(judge({ ...GET, method: "HEAD" }, answer(500, "internal")) ?? "", /^500 for HEAD/);
});

Deno.test("an error without a problem document is found, the engine's own refusal is none", () => {
  assertMatch(judge(GET, answer(400)) ?? "", /^a bare 400/);
  assertEquals(judge({ ...GET, wellFormed: false }, answer(400)), undefined);
  assertMatch(judge(GET, { ...answer(404, "x"), contentType: "text/html" }) ?? "", /text\/html/);
  assertMatch(judge(GET, { ...answer(404, "x"), body: "{}" }) ?? "", /without a problem/);
  assertMatch(judge(GET, { ...answer(404, "x"), head: "" }) ?? "", /sniffed/);
  assertMatch(judge(GET, { ...answer(404, "x"), status: 405 }) ?? "", /without a problem/);
});

Deno.test("a failure is found among answers that cannot be told apart", () => {
  const received = "HTTP/1.1 400 Bad Request\r\n\r\n";
  assertEquals(serverError(received), undefined);
  assertEquals(
    serverError(`${received}HTTP/1.1 500 Internal Server Error\r\n`),
    "500 Internal Server Error",
  );
  assertEquals(serverError('{"detail":"HTTP/1.1 500 x"}'), undefined);
});
