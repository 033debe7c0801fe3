import { assertEquals } from "@std/assert";
import { ObjectIndex, type VersionedMeta } from "./object_index.ts";

const meta = (name: string, resourceVersion: string, uid = `uid-${name}`): VersionedMeta => ({
  name,
  namespace: "apps",
  uid,
  resourceVersion,
});

/** Observes and commits, as a reflector with a well-behaved caller does. */
class Follower {
  readonly index = new ObjectIndex();

  told(changes: ReturnType<ObjectIndex["listed"]>): string[] {
    return changes.map((change) => {
      this.index.commit(change);
      return `${change.type} ${change.key} ${change.uid} @${change.resourceVersion}`;
    });
  }
}

Deno.test("what an event means depends on what the caller was told, not on the event's type", () => {
  const f = new Follower();
  assertEquals(f.told(f.index.observed(meta("a", "1"))), ["added apps/a uid-a @1"]);
  assertEquals(f.told(f.index.observed(meta("a", "2"))), ["modified apps/a uid-a @2"]);
  assertEquals(f.told(f.index.deleted(meta("a", "3"))), ["deleted apps/a uid-a @3"]);
  assertEquals(f.told(f.index.observed(meta("a", "4"))), ["added apps/a uid-a @4"]);
});

Deno.test("repeated and outdated events mean nothing", () => {
  const f = new Follower();
  f.told(f.index.observed(meta("a", "9")));
  assertEquals(f.index.observed(meta("a", "9")), []);
  assertEquals(f.index.observed(meta("a", "8")), []);
  assertEquals(f.index.deleted(meta("a", "8")), [], "this deletion was before the state we know");
  assertEquals(f.told(f.index.observed(meta("a", "10"))), ["modified apps/a uid-a @10"]);
});

Deno.test("a state from before the deletion does not bring an object back", () => {
  const f = new Follower();
  f.told(f.index.observed(meta("a", "1")));
  f.told(f.index.deleted(meta("a", "3")));
  assertEquals(f.index.observed(meta("a", "2")), []);
  assertEquals(f.index.deleted(meta("a", "3")), []);
});

Deno.test("a deletion that overtakes the addition cancels it", () => {
  const f = new Follower();
  assertEquals(f.told(f.index.deleted(meta("a", "11"))), []);
  assertEquals(f.told(f.index.observed(meta("a", "10"))), []);
});

Deno.test("an event of another object may be older than the newest one seen", () => {
  const f = new Follower();
  f.told(f.index.observed(meta("a", "10")));
  assertEquals(f.told(f.index.observed(meta("b", "9"))), ["added apps/b uid-b @9"]);
});

Deno.test("after a list, events up to its version are stale for objects that it did not hold", () => {
  const f = new Follower();
  f.index.completeList("100");
  assertEquals(f.index.observed(meta("a", "99")), []);
  assertEquals(f.index.observed(meta("a", "100")), []);
  assertEquals(f.told(f.index.observed(meta("a", "101"))), ["added apps/a uid-a @101"]);
});

Deno.test("an object recreated unseen is told as a deletion and an addition", () => {
  for (const see of ["listed", "observed"] as const) {
    const f = new Follower();
    f.told(f.index.observed(meta("a", "1", "first")));
    assertEquals(f.told(f.index[see](meta("a", "5", "second"))), [
      "deleted apps/a first @5",
      "added apps/a second @5",
    ]);
    assertEquals(f.told(f.index.deleted(meta("a", "4", "first"))), []);
  }
});

Deno.test("a list tells of new and changed objects, and of nothing that is unchanged", () => {
  const f = new Follower();
  f.told(f.index.listed(meta("a", "1")));
  f.told(f.index.listed(meta("b", "2")));
  assertEquals(f.told(f.index.listed(meta("a", "1"))), []);
  assertEquals(f.told(f.index.listed(meta("b", "7"))), ["modified apps/b uid-b @7"]);
});

Deno.test("a list wins over what is known even with a lower version, as after a restored backup", () => {
  const f = new Follower();
  f.told(f.index.observed(meta("a", "50")));
  assertEquals(f.told(f.index.listed(meta("a", "20"))), ["modified apps/a uid-a @20"]);
  f.index.completeList("30");
  assertEquals(f.told(f.index.observed(meta("a", "31"))), ["modified apps/a uid-a @31"]);
});

Deno.test("a complete list shows by silence what is gone", () => {
  const f = new Follower();
  for (const name of ["a", "b", "c"]) f.told(f.index.observed(meta(name, "1")));
  const changes = f.index.missing(new Set(["apps/b"]), "40");
  assertEquals(f.told(changes), ["deleted apps/a uid-a @40", "deleted apps/c uid-c @40"]);
  assertEquals(f.index.missing(new Set(["apps/b"]), "41"), []);
  assertEquals(f.index.size, 1);
});

Deno.test("a change that was not committed is offered again", () => {
  const index = new ObjectIndex();
  assertEquals(index.listed(meta("a", "1")).length, 1);
  index.completeList("5");
  assertEquals(index.listed(meta("a", "1")).length, 1);
});

Deno.test("the memory of deletions is bounded and errs towards silence", () => {
  const f = new Follower();
  for (let i = 0; i < 1100; i++) {
    f.told(f.index.observed(meta(`o${i}`, String(2 * i + 1))));
    f.told(f.index.deleted(meta(`o${i}`, String(2 * i + 2))));
  }
  // The oldest was forgotten by name; the floor that replaced it still knows that it is past.
  assertEquals(f.index.observed(meta("o0", "1")), []);
  assertEquals(f.index.observed(meta("o1099", "2199")), []);
  assertEquals(f.index.observed(meta("new", "2201")).length, 1);
});

Deno.test("versions that are no numbers are told apart but not ordered", () => {
  const f = new Follower();
  f.index.completeList("v-start");
  f.told(f.index.observed(meta("a", "x")));
  assertEquals(f.index.observed(meta("a", "x")), []);
  assertEquals(f.told(f.index.observed(meta("a", "w"))), ["modified apps/a uid-a @w"]);
});

Deno.test("objects without a namespace or a uid are followed as well", () => {
  const f = new Follower();
  assertEquals(f.told(f.index.observed({ name: "node-1", resourceVersion: "1" })), [
    "added node-1  @1",
  ]);
  assertEquals(f.told(f.index.observed({ name: "node-1", resourceVersion: "2" })), [
    "modified node-1  @2",
  ]);
});
