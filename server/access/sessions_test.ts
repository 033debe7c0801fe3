import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { principal } from "./permissions.ts";
import { Sessions } from "./sessions.ts";

const HOUR = 3_600_000;

Deno.test("a session lasts 12 hours, or as long as the token that it came from", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const long = sessions.open(principal("a", []));
  const short = sessions.open(principal("b", [], HOUR));
  assertEquals([long.expiresAt, short.expiresAt], [12 * HOUR, HOUR]);
  now = HOUR - 1;
  assertEquals([sessions.find(long.id)?.name, sessions.find(short.id)?.name], ["a", "b"]);
  now = HOUR;
  assertEquals([sessions.find(long.id)?.name, sessions.find(short.id)], ["a", undefined]);
  now = 12 * HOUR;
  assertEquals(sessions.find(long.id), undefined);
});

Deno.test("a session keeps its principal's permissions and ends when it is closed", () => {
  const sessions = new Sessions(() => 0);
  const { id } = sessions.open(principal("a", [{ actions: ["read"], flows: ["x"] }]));
  assertEquals(sessions.find(id)!.may("read", "x"), true);
  assertEquals(sessions.find(id)!.may("write", "x"), false);
  sessions.close(id);
  assertEquals(sessions.find(id), undefined);
});

Deno.test("session ids cannot be guessed from one another", () => {
  const sessions = new Sessions(() => 0);
  const ids = Array.from({ length: 100 }, () => sessions.open(principal("a", [])).id);
  assertEquals(new Set(ids).size, 100);
  for (const id of ids) assert(/^[\w-]{43}$/.test(id));
  assertNotEquals(ids[0]!.slice(0, 8), ids[1]!.slice(0, 8));
});

Deno.test("the oldest session makes room when there are too many", () => {
  const sessions = new Sessions(() => 0);
  const first = sessions.open(principal("first", []));
  for (let i = 0; i < 10_000; i++) sessions.open(principal("more", []));
  assertEquals(sessions.find(first.id), undefined);
});
