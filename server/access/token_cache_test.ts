import { assertEquals } from "@std/assert";
import { principal } from "./permissions.ts";
import { TokenCache } from "./token_cache.ts";

const MINUTE = 60_000;

Deno.test("a token is believed for a minute, or until it expires", () => {
  let now = 0;
  const cache = new TokenCache(() => now);
  cache.keep("long", principal("a", []));
  cache.keep("short", principal("b", [], 1_000));
  const names = () => ["long", "short", "other"].map((token) => cache.find(token)?.name);
  assertEquals(names(), ["a", "b", undefined]);
  now = 1_000;
  assertEquals(names(), ["a", undefined, undefined]);
  now = MINUTE;
  assertEquals(names(), [undefined, undefined, undefined]);
});

Deno.test("a token that is verified again has its minute again", () => {
  let now = 0;
  const cache = new TokenCache(() => now);
  cache.keep("token", principal("a", []));
  now = MINUTE - 1;
  cache.keep("token", principal("b", []));
  now = 2 * MINUTE - 2;
  assertEquals(cache.find("token")?.name, "b");
});

Deno.test("the token that was kept first makes room when there are too many", () => {
  const cache = new TokenCache(() => 0);
  for (let i = 0; i <= 10_000; i++) cache.keep(`${i}`, principal(`${i}`, []));
  assertEquals(["0", "1", "10000"].map((token) => cache.find(token)?.name), [
    undefined,
    "1",
    "10000",
  ]);
});
