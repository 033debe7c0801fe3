import { assertEquals } from "@std/assert";
import { parseListenAddress } from "./listen_address.ts";

Deno.test("parseListenAddress reads what Go listens on", () => {
  assertEquals(parseListenAddress(":8081"), { port: 8081 });
  assertEquals(parseListenAddress("127.0.0.1:0"), { hostname: "127.0.0.1", port: 0 });
  assertEquals(parseListenAddress("localhost:80"), { hostname: "localhost", port: 80 });
  assertEquals(parseListenAddress("[::1]:65535"), { hostname: "::1", port: 65535 });
});

Deno.test("parseListenAddress refuses what has no port or too large a one", () => {
  for (const text of ["", "8081", ":", ":65536", "::1:80", "[x]:80", "a b:80", ":80/", "a:-1"]) {
    assertEquals(parseListenAddress(text), undefined, text);
  }
});
