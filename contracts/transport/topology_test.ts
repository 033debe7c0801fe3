import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { StoryStep } from "./story.ts";
import { storyTopology } from "./topology.ts";
import { storySteps } from "./testing/arbitraries.ts";

function step(name: string, needs: string[] = [], more: Partial<StoryStep> = {}): StoryStep {
  return { name, needs, ref: { name: `engram-${name}` }, ...more };
}

function summary(steps: StoryStep[], mode?: string): Record<string, string> {
  return Object.fromEntries(
    storyTopology(steps, () => mode).map(({ id, mode, reason }) => [id, `${mode} ${reason}`]),
  );
}

Deno.test("a plain chain is peer to peer up to its last step", () => {
  assertEquals(summary([step("a"), step("b", ["a"]), step("c", ["b"])]), {
    a: "p2p linear",
    b: "p2p linear",
    c: "hub no-downstream",
  });
});

Deno.test("steps without needs do not follow each other", () => {
  assertEquals(summary([step("a"), step("b")]), {
    a: "hub no-downstream",
    b: "hub no-downstream",
  });
});

Deno.test("a condition or runtime block on either end needs the hub, and so does all after it", () => {
  assertEquals(summary([step("a"), step("b", ["a"], { if: "{{ true }}" }), step("c", ["b"])]), {
    a: "hub downstream-condition",
    b: "hub condition",
    c: "hub no-downstream",
  });
  assertEquals(summary([step("a", [], { runtime: {} }), step("b", ["a"]), step("c", ["b"])]), {
    a: "hub runtime-block",
    b: "hub upstream-is-hub",
    c: "hub no-downstream",
  });
});

Deno.test("two downstreams need the hub, two upstreams do not", () => {
  assertEquals(summary([step("a"), step("b", ["a"]), step("c", ["a"])])["a"], "hub fan-out");
  assertEquals(
    summary([step("a"), step("b"), step("c", ["a", "b"]), step("d", ["c"])])["c"],
    "p2p linear",
  );
});

Deno.test("routing.mode hub forces the hub, p2p asks, anything else is the graph's choice", () => {
  const chain = [step("a"), step("b", ["a"])];
  assertEquals(summary(chain, "hub"), { a: "hub forced-hub", b: "hub forced-hub" });
  assertEquals(summary(chain, "p2p"), { a: "p2p linear", b: "hub p2p-not-possible" });
  assertEquals(summary(chain, "junk"), summary(chain));
  assertEquals(storyTopology(chain, () => "hub")[1]?.hasP2pUpstream, false);
  assertEquals(storyTopology(chain)[1]?.hasP2pUpstream, true);
});

Deno.test("a cycle and a need of nothing end at the hub", () => {
  assertEquals(summary([step("a", ["b"]), step("b", ["a"])]), {
    a: "hub upstream-is-hub",
    b: "hub upstream-is-hub",
  });
  assertEquals(summary([step("a", ["gone"]), step("b", ["a"])])["a"], "hub upstream-is-hub");
});

Deno.test("needs may name a step by its id or its name", () => {
  const steps = [step("a", [], { id: "first" }), step("b", ["a"]), step("c", ["first"])];
  assertEquals(storyTopology(steps)[0]?.downstream, ["b", "c"]);
});

Deno.test("in any graph a p2p step has one plain downstream, and no hub edge ends at it", () => {
  fc.assert(fc.property(storySteps, (steps) => {
    const topology = storyTopology(steps);
    const byId = new Map(topology.map((entry) => [entry.id, entry]));
    const plain = (id: string) => {
      const found = steps.find(({ name }) => name === id);
      return found?.if === undefined && found?.runtime === undefined;
    };
    for (const { id, mode, upstream, downstream, hasP2pUpstream } of topology) {
      for (const next of downstream) assert(byId.get(next)?.upstream.includes(id));
      assertEquals(hasP2pUpstream, upstream.some((up) => byId.get(up)?.mode === "p2p"));
      if (mode === "hub") continue;
      assert(downstream.length === 1 && plain(id) && plain(downstream[0]!));
      for (const up of upstream) assertEquals(byId.get(up)?.mode, "p2p");
    }
  }));
});
