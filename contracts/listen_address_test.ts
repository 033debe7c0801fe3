import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "./contract_error.ts";
import { formatListenAddress, parseListenAddress } from "./listen_address.ts";

Deno.test("an address without host means every interface", () => {
  assertEquals(parseListenAddress(":8080"), { hostname: "0.0.0.0", port: 8080 });
});

Deno.test("names, IPv4 and IPv6 are read and written back", () => {
  for (const text of ["127.0.0.1:0", "localhost:80", "[::1]:65535"]) {
    assertEquals(formatListenAddress(parseListenAddress(text)), text);
  }
});

Deno.test("anything else is refused", () => {
  for (const text of ["", "8080", ":", ":x", ":65536", "::1:80", "a b:80", "http://x:80"]) {
    assertThrows(() => parseListenAddress(text), ContractError, "expected host:port");
  }
});
