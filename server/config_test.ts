import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../contracts/contract_error.ts";
import { readServerConfig, SETTINGS } from "./config.ts";

const read = (env: Record<string, string>) => readServerConfig((name) => env[name]);

Deno.test("an empty environment gives the original's defaults", () => {
  const { listen, ringCapacity, maxBodyBytes } = read({});
  assertEquals(listen, { hostname: "0.0.0.0", port: 8080 });
  assertEquals([ringCapacity, maxBodyBytes], [4096, 1048576]);
  assertEquals(read({ FLOW_SERVER_LISTEN_ADDR: "", FLOW_SERVER_RING_CAPACITY: " " }), read({}));
});

Deno.test("set values are taken: addresses, counts, sizes, durations", () => {
  const config = read({
    FLOW_SERVER_LISTEN_ADDR: "[::1]:0",
    FLOW_SERVER_RING_CAPACITY: "16",
    FLOW_SERVER_RING_BYTES: "2GiB",
    FLOW_SERVER_WRITE_BYTES: "65536",
    FLOW_SERVER_FLOW_TTL: "1h30m",
  });
  assertEquals(config.listen, { hostname: "::1", port: 0 });
  assertEquals([config.ringCapacity, config.ringBytes, config.writeBytes], [16, 2 ** 31, 65536]);
  assertEquals(config.flowTtl, 5_400_000);
});

Deno.test("every problem is reported, not only the first", () => {
  const error = assertThrows(
    () => read({ FLOW_SERVER_RING_CAPACITY: "0", FLOW_SERVER_FLOW_TTL: "soon" }),
    ContractError,
  );
  assertEquals(error.message.split("\n").map((line) => line.split(":")[0]), [
    "FLOW_SERVER_RING_CAPACITY",
    "FLOW_SERVER_FLOW_TTL",
  ]);
});

Deno.test("every setting's default is what its own reader takes", () => {
  for (const { fallback, parse } of Object.values(SETTINGS)) parse(fallback);
});

for (
  const [name, value] of [
    ["FLOW_SERVER_LISTEN_ADDR", "8080"],
    ["FLOW_SERVER_LISTEN_ADDR", "localhost:http"],
    ["FLOW_SERVER_RING_CAPACITY", "0"],
    ["FLOW_SERVER_RING_CAPACITY", "-1"],
    ["FLOW_SERVER_RING_CAPACITY", "4k"],
    ["FLOW_SERVER_RING_CAPACITY", "10000000"],
    ["FLOW_SERVER_RING_BYTES", "12"],
    ["FLOW_SERVER_RING_BYTES", "16MB"],
    ["FLOW_SERVER_MAX_ID_LENGTH", "513"],
    ["FLOW_SERVER_FLOW_TTL", "1ms"],
    ["FLOW_SERVER_FLOW_TTL", "-1h"],
  ] as const
) {
  Deno.test(`${name}=${value} is refused by name`, () => {
    assertThrows(() => read({ [name]: value }), ContractError, `${name}: expected`);
  });
}
