import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { pinRun, rendezvous } from "./hub_placement.ts";

const members = fc.uniqueArray(
  fc.integer({ min: 0, max: 30 }).map((n) => `hub-${n}.hub.ns.svc.cluster.local:9000`),
  { maxLength: 12 },
);
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const run = fc.tuple(name, name).map((parts) => parts.join("/"));
const runs = (count: number) => Array.from({ length: count }, (_, n) => `demo/run-${n}`);

Deno.test("a run goes to one of the members, whatever their order", () =>
  fc.assert(fc.property(run, members, (run, members) => {
    const owner = rendezvous(run, members);
    assertEquals(owner === undefined, members.length === 0);
    if (owner !== undefined) assert(members.includes(owner));
    assertEquals(rendezvous(run, members.toReversed()), owner);
  })));

Deno.test("a member that goes moves its own runs alone, and takes them back when it comes again", () =>
  fc.assert(fc.property(run, members, fc.nat(), (run, members, index) => {
    fc.pre(members.length > 1);
    const gone = members[index % members.length];
    const before = rendezvous(run, members);
    const after = rendezvous(run, members.filter((member) => member !== gone));
    if (before !== gone) assertEquals(after, before);
    assert(after !== gone);
  })));

Deno.test("runs spread evenly, also those of a member that goes", () => {
  const four = ["hub-0:1", "hub-1:1", "hub-2:1", "hub-3:1"];
  const owners = runs(4_000).map((run) => [run, rendezvous(run, four)] as const);
  const share = (member: string) => owners.filter(([, owner]) => owner === member).length;
  // 1,000 each; five standard deviations of a binomial are 137.
  for (const member of four) assert(Math.abs(share(member) - 1_000) < 137, `${share(member)}`);
  const left = four.slice(1);
  const moved = owners.filter(([, owner]) => owner === four[0])
    .map(([run]) => rendezvous(run, left));
  for (const member of left) {
    const got = moved.filter((owner) => owner === member).length;
    assert(Math.abs(got - moved.length / 3) < 80, `${member} got ${got} of ${moved.length}`);
  }
});

Deno.test("a run stays for as long as its hub is ready, and where it is when none is", () =>
  fc.assert(fc.property(run, members, members, (run, current, ready) => {
    const pinned = pinRun(run, current, ready);
    const kept = current.filter((endpoint) => ready.includes(endpoint));
    if (kept.length > 0) assertEquals(pinned, kept[0]);
    else if (ready.length > 0) assertEquals(pinned, rendezvous(run, ready));
    else assertEquals(pinned, current[0] ?? "");
    // What was half written comes to the same end.
    assertEquals(pinRun(run, [pinned, ...current], ready), pinned);
  })));
