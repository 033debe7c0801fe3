import { assertEquals } from "@std/assert";
import type { AuditedRequest } from "../operator/audit.ts";
import { writesWithoutLease } from "./lease_watch.ts";

let clock = 0;

function request(user: string, verb: string, resource: string, more: Partial<AuditedRequest> = {}) {
  return {
    user,
    verb,
    resource,
    group: "",
    namespace: "demo",
    name: "it",
    code: 200,
    receivedAt: ++clock,
    ...more,
  };
}

const holds = (user: string) => request(user, "update", "leases", { holder: user });
const writes = (user: string) => request(user, "patch", "storyruns/status");

Deno.test("who holds the Lease may write, anybody may read", () => {
  assertEquals(
    writesWithoutLease([holds("one"), writes("one"), request("two", "list", "x")]),
    { done: [], late: [], refused: [] },
  );
});

Deno.test("a write after the Lease went to another, or to nobody, is found", () => {
  const late = [holds("one"), holds("two"), writes("one")];
  assertEquals(writesWithoutLease(late).done.length, 1);
  const given = [holds("one"), request("one", "update", "leases", { holder: "" })];
  clock += 500;
  assertEquals(writesWithoutLease([...given, writes("one")]).done.length, 1);
});

Deno.test("answers may come in another order than requests, and a refused claim is none", () => {
  const [mine, write, claim, next] = [
    holds("one"),
    writes("one"),
    { ...holds("two"), code: 409 },
    writes("one"),
  ];
  assertEquals(writesWithoutLease([write, claim, next, mine]), { done: [], late: [], refused: [] });
});

Deno.test("a write that comes right after its sender woke up or stopped is late, one after that is wrong", () => {
  const given = [holds("one"), request("one", "update", "leases", { holder: "" }), writes("one")];
  assertEquals(writesWithoutLease(given).late.length, 1);
  const requests = [holds("one"), holds("two"), writes("one")];
  const at = clock;
  const { done, late } = writesWithoutLease(requests, [{ user: "one", at }]);
  assertEquals([done.length, late.length], [0, 1]);
  for (const wakeUp of [{ user: "two", at }, { user: "one", at: at - 501 }]) {
    assertEquals(writesWithoutLease(requests, [wakeUp]).done.length, 1);
  }
});

Deno.test("a late write that was refused is told apart: it was on its way when its sender froze", () => {
  const late = [holds("one"), holds("two"), { ...writes("one"), code: 409 }];
  const { done, refused } = writesWithoutLease(late);
  assertEquals([done.length, refused.length], [0, 1]);
});
