import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../contract_error.ts";
import {
  envBoolean,
  envDuration,
  envInteger,
  envList,
  envRequired,
  envText,
  isLoopback,
  parseEndpoint,
} from "./environment.ts";

const env = (value?: string) => () => value;

Deno.test("blank and unset variables mean the default", () => {
  for (const value of [undefined, "", "  "]) {
    assertEquals(envText(env(value), "X"), undefined);
    assertEquals(envDuration(env(value), "X", 5), 5);
    assertEquals(envInteger(env(value), "X", 6), 6);
    assertEquals(envBoolean(env(value), "X", true), true);
    assertEquals(envList(env(value), "X"), []);
    assertThrows(() => envRequired(env(value), "X"), ContractError, "X is required");
  }
});

Deno.test("variables are read as Go reads them", () => {
  assertEquals(envDuration(env("1m30s"), "X", 0), 90_000);
  assertEquals(envInteger(env("-1"), "X", 0, { min: -1 }), -1);
  assertEquals(envBoolean(env("T"), "X", false), true);
  assertEquals(envBoolean(env("0"), "X", true), false);
  assertEquals(envList(env("opus, ,pcm16"), "X"), ["opus", "pcm16"]);
});

Deno.test("a value that is none is refused with the variable's name", () => {
  assertThrows(() => envDuration(env("30"), "D", 0), ContractError, "D must be a duration");
  assertThrows(() => envInteger(env("1.5"), "I", 0), ContractError, "I must be an integer");
  assertThrows(() => envInteger(env("0"), "I", 1, { min: 1 }), ContractError, "from 1 to");
  assertThrows(() => envBoolean(env("yes"), "B", false), ContractError, "B must be true or false");
});

Deno.test("an endpoint is host:port, a port, or a socket", () => {
  const tcp = (host: string, port: number) => ({ kind: "tcp" as const, host, port });
  assertEquals(parseEndpoint("50051", "E"), tcp("127.0.0.1", 50051));
  assertEquals(parseEndpoint(":50051", "E"), tcp("127.0.0.1", 50051));
  assertEquals(parseEndpoint("hub.ns.svc:9000", "E"), tcp("hub.ns.svc", 9000));
  assertEquals(parseEndpoint("[::1]:9000", "E"), tcp("::1", 9000));
  assertEquals(parseEndpoint("unix:///run/e.sock", "E"), { kind: "unix", path: "/run/e.sock" });
  for (const text of ["", "hub", "hub:0", "hub:70000", "http://hub:1", "::1:9"]) {
    assertThrows(() => parseEndpoint(text, "E"), ContractError, "E must be host:port");
  }
});

Deno.test("loopback is localhost, 127.0.0.0/8, ::1 and any socket", () => {
  const texts = ["localhost:1", "127.9.9.9:1", "[::1]:1", "unix:///x"];
  assertEquals(texts.map((text) => isLoopback(parseEndpoint(text, "E"))), texts.map(() => true));
  assertEquals(isLoopback(parseEndpoint("10.0.0.1:1", "E")), false);
});
