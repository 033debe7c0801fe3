import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ownerBy } from "./owner.ts";

const HUBS = ["hub-0:1", "hub-1:1", "hub-2:1"];
const endpoints = fc.array(fc.constantFrom(...HUBS, "", undefined), { maxLength: 6 });

Deno.test("whatever the bindings say, no two hubs that see them take the run", () =>
  fc.assert(fc.property(endpoints, (endpoints) => {
    const owners = HUBS.map((self) => ownerBy(endpoints, self));
    const here = owners.filter(({ at }) => at === "here");
    assert(here.length <= 1);
    // And when one does, all others know where it is.
    if (here.length === 1) {
      const self = HUBS[owners.findIndex(({ at }) => at === "here")];
      for (const owner of owners) {
        if (owner.at === "elsewhere") assertEquals(owner.endpoint, self);
        else assertEquals(owner.at, "here");
      }
    }
  })));

Deno.test("a run whose bindings disagree, or say nothing, is nobody's", () => {
  assertEquals(ownerBy([], "hub-0:1").at, "unknown");
  assertEquals(ownerBy([undefined, ""], "hub-0:1").at, "unknown");
  assertEquals(ownerBy(["hub-0:1", "hub-1:1"], "hub-0:1").at, "unknown");
  assertEquals(ownerBy(["hub-0:1", undefined], "hub-0:1").at, "here");
});
