import { assertEquals, assertMatch } from "@std/assert";
import { parseAnswers } from "./response.ts";

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const CHUNKED =
  "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
const STREAM =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const brief = (received: string, methods: string[]) =>
  parseAnswers(received, methods).responses.map(({ status, body }) => [status, body]);

Deno.test("answers are told apart by their lengths, chunks and methods", () => {
  const received = `${ok("one")}${CHUNKED}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n${ok("two")}`;
  assertEquals(brief(received, ["GET", "POST", "HEAD", "GET"]), [
    [200, "one"],
    [400, "abc"],
    [200, ""],
    [200, "two"],
  ]);
});

Deno.test("whatever the cut, only whole answers are given", () => {
  const received = ok("one") + CHUNKED;
  const whole = [[200, "one"], [400, "abc"]];
  for (let length = 0; length <= received.length; length++) {
    const count = length < ok("one").length ? 0 : length < received.length ? 1 : 2;
    assertEquals(brief(received.slice(0, length), ["GET", "GET"]), whole.slice(0, count));
  }
});

Deno.test("an interim answer is none, and an event stream's head is all of it", () => {
  const received = `HTTP/1.1 100 Continue\r\n\r\n${ok("x")}${STREAM}5\r\nhello`;
  assertEquals(brief(received, ["PUT", "GET", "GET"]), [[200, "x"], [200, undefined]]);
});

Deno.test("204 and 304 have no body, a bare refusal ends with its connection", () => {
  const received =
    "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
  assertEquals(brief(received, ["DELETE", "GET"]), [[204, ""], [400, ""]]);
});

Deno.test("what is no answer is said to be none", () => {
  assertMatch(parseAnswers("SSH-2.0\r\n\r\n", ["GET"]).broken ?? "", /no status line: SSH-2.0/);
});
