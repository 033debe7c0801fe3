import { assertEquals, assertMatch } from "@std/assert";
import { concat, encodeRequest, escaped, type FuzzRequest, latin1, utf8 } from "./request.ts";

const GET: FuzzRequest = {
  method: "GET",
  target: "/",
  version: "1.1",
  headers: [["Host", "x"], ["A", "é"]],
  body: undefined,
  framing: "length",
};
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);

Deno.test("a request without a body is its head", () => {
  assertEquals(text(encodeRequest(GET, false)), "GET / HTTP/1.1\r\nHost: x\r\nA: é\r\n\r\n");
  assertMatch(text(encodeRequest(GET, true)), /\r\nConnection: close\r\n\r\n$/);
});

Deno.test("a body is framed by its length in bytes", () => {
  const request = encodeRequest({ ...GET, method: "POST", body: utf8("ü") }, false);
  assertMatch(text(request), /\r\nContent-Length: 2\r\n\r\nÃ¼$/);
});

Deno.test("a body is framed in chunks of the sizes that are told, the last of which repeats", () => {
  const framing = { chunks: [1, 16] };
  const body = latin1("a".repeat(20));
  assertMatch(
    text(encodeRequest({ ...GET, body, framing }, false)),
    /chunked\r\n\r\n1\r\na\r\n10\r\na{16}\r\n3\r\naaa\r\n0\r\n\r\n$/,
  );
  assertMatch(
    text(encodeRequest({ ...GET, body: latin1(""), framing }, false)),
    /\r\n\r\n0\r\n\r\n$/,
  );
});

Deno.test("bytes are shown in printable characters, and not without end", () => {
  assertEquals(
    escaped(concat([latin1("a\r\n\\"), new Uint8Array([0, 255])])),
    "a\\r\\n\n\\\\\\x00\\xff",
  );
  assertEquals(escaped(new Uint8Array(10).fill(97), 3), "aaa… (10 bytes)");
});
