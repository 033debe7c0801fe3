import { assertEquals } from "@std/assert";
import { httpText } from "./http_text.ts";

Deno.test("a request's length counts bytes, not characters", () => {
  assertEquals(
    httpText("127.0.0.1:1", { method: "POST", path: "/p", headers: { A: "b" }, body: "é" }),
    "POST /p HTTP/1.1\r\nHost: 127.0.0.1:1\r\nA: b\r\nContent-Length: 2\r\n\r\né",
  );
});

Deno.test("a request without a body has no length", () => {
  assertEquals(
    httpText("127.0.0.1:1", { method: "GET", path: "/" }),
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
  );
});
