import { assertEquals, assertStrictEquals } from "@std/assert";
import { asKubeError, KubeError } from "./errors.ts";

Deno.test("a KubeError passes through unchanged", () => {
  const error = new KubeError("gone", "expired", { status: 410 });
  assertStrictEquals(asKubeError(error, "unreachable", "GET /"), error);
});

Deno.test("the cause behind Deno's `fetch failed` is in the message, and the original is kept", () => {
  const thrown = new TypeError("fetch failed", { cause: new Error("Connection refused") });
  const error = asKubeError(thrown, "unreachable", "GET /apis at 10.0.0.1");
  assertEquals([error.code, error.message], [
    "unreachable",
    "GET /apis at 10.0.0.1: Connection refused",
  ]);
  assertStrictEquals(error.cause, thrown);
});

Deno.test("anything can be thrown", () => {
  assertEquals(asKubeError("boom", "bad-response", "GET /").message, "GET /: boom");
});
