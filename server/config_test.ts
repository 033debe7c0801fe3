import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../contracts/contract_error.ts";
import { readServerConfig } from "./config.ts";

Deno.test("an empty environment gives the original's defaults", () => {
  const defaults = { listen: { hostname: "0.0.0.0", port: 8080 }, ringCapacity: 4096 };
  assertEquals(readServerConfig({}), defaults);
  assertEquals(
    readServerConfig({ FLOW_SERVER_LISTEN_ADDR: "", FLOW_SERVER_RING_CAPACITY: " " }),
    defaults,
  );
});

Deno.test("set values are taken", () => {
  assertEquals(
    readServerConfig({ FLOW_SERVER_LISTEN_ADDR: "[::1]:0", FLOW_SERVER_RING_CAPACITY: "16" }),
    { listen: { hostname: "::1", port: 0 }, ringCapacity: 16 },
  );
});

for (
  const [name, value] of [
    ["FLOW_SERVER_LISTEN_ADDR", "8080"],
    ["FLOW_SERVER_LISTEN_ADDR", "localhost:http"],
    ["FLOW_SERVER_RING_CAPACITY", "0"],
    ["FLOW_SERVER_RING_CAPACITY", "-1"],
    ["FLOW_SERVER_RING_CAPACITY", "4k"],
    ["FLOW_SERVER_RING_CAPACITY", "10000000"],
  ] as const
) {
  Deno.test(`${name}=${value} is refused by name`, () => {
    assertThrows(() => readServerConfig({ [name]: value }), ContractError, `${name}: expected`);
  });
}
