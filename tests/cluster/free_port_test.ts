import { assert, assertEquals, assertThrows } from "@std/assert";
import { freePort } from "./free_port.ts";

Deno.test("a free port can be listened on and is below the ephemeral range", () => {
  const port = freePort();
  assert(port >= 20_000 && port < 32_768);
  using listener = Deno.listen({ hostname: "127.0.0.1", port });
  assertEquals(listener.addr.port, port);
});

Deno.test("a port in use is passed over", () => {
  const taken = freePort();
  using _ = Deno.listen({ hostname: "127.0.0.1", port: taken });
  const draws = [(taken - 20_000) / 10_000, 0.5, 0.25, 0.75];
  assert(freePort(() => draws.shift() ?? 0) !== taken);
  assertThrows(() => freePort(() => (taken - 20_000) / 10_000), Error, "no 1 free ports");
});
