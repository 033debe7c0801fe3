import { assertEquals, assertThrows } from "@std/assert";
import { ExpressionEngine } from "../../hub/expression/engine.ts";
import { StoryError } from "../document/story_error.ts";
import { readStoryFile } from "../document/story_file.ts";
import { planLocalRun } from "./run_plan.ts";

const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });
const plan = (text: string) => planLocalRun(readStoryFile(text, "s.yaml"), engine);

const ENGRAMS = `
---
{kind: Engram, metadata: {name: source}, spec: {templateRef: {name: headrace-generator}}}
---
{kind: Engram, metadata: {name: middle}, spec: {templateRef: {name: headrace-transform}}}
---
{kind: Engram, metadata: {name: end}, spec: {templateRef: {name: headrace-sink}}}
---
{kind: Engram, metadata: {name: own}, spec: {command: [python3, engram.py]}}
`;

/** A Story of these steps; `a: b` of one are its fields. */
function story(...steps: string[]): string {
  return `kind: Story
metadata: {name: s}
spec:
  pattern: realtime
  transports: [{name: rt, transportRef: grpc}, {name: other, transportRef: grpc}]
  steps:
${steps.map((step) => `    - {${step}}`).join("\n")}${ENGRAMS}`;
}

const SOURCE = "name: a, transport: rt, ref: {name: source}";

Deno.test("a chain is P2P from its first to its last step", () => {
  const { edges, namespace, storyRun } = plan(story(
    SOURCE,
    "name: b, transport: rt, needs: [a], ref: {name: middle}",
    "name: c, transport: rt, needs: [b], ref: {name: end}",
  ));
  assertEquals(edges.map(({ from, to, mode }) => [from, to, mode]), [
    ["a", "b", "p2p"],
    ["b", "c", "p2p"],
  ]);
  assertEquals([namespace, storyRun], ["default", "s-local"]);
});

Deno.test("a fan-out goes through the hub, and what a condition decides is conditional", () => {
  const { edges } = plan(story(
    SOURCE,
    `name: gate, type: condition, needs: [a], if: "{{ gt packet.n 1.0 }}"`,
    "name: b, transport: rt, needs: [gate], ref: {name: end}",
    "name: c, transport: rt, needs: [a], ref: {name: own}",
  ));
  assertEquals(edges.map(({ to, mode, via, isConditional }) => [to, mode, via, isConditional]), [
    ["b", "hub", ["gate"], true],
    ["c", "hub", [], true],
  ]);
});

Deno.test("a fan-out that nothing decides takes all packets on each edge", () => {
  const { edges } = plan(story(
    SOURCE,
    "name: b, transport: rt, needs: [a], ref: {name: end}",
    "name: c, transport: rt, needs: [a], ref: {name: end}",
  ));
  assertEquals(edges.map(({ to, isConditional, why }) => [to, isConditional, why]), [
    ["b", false, "more than one step needs it"],
    ["c", false, "more than one step needs it"],
  ]);
});

Deno.test("a step without needs follows the earlier ones of its transport, through the hub", () => {
  const { edges } = plan(story(SOURCE, "name: b, transport: rt, ref: {name: end}"));
  assertEquals(edges.map(({ from, to, mode }) => [from, to, mode]), [["a", "b", "hub"]]);
});

for (
  const [what, text, expected] of [
    ["a batch story", story(SOURCE).replace("realtime", "batch"), "s.yaml:4: spec.pattern: must"],
    [
      "an unknown engram",
      story("name: a, transport: rt, ref: {name: nobody}"),
      `s.yaml:7: spec.steps[0].ref.name: there is no Engram "nobody" in this file; there are source`,
    ],
    [
      "an unknown need",
      story(SOURCE, "name: b, transport: rt, needs: [x], ref: {name: end}"),
      `s.yaml:8: spec.steps[1].needs[0]: there is no step "x"; there are a, b`,
    ],
    [
      "a cycle",
      story(
        SOURCE,
        "name: b, transport: rt, needs: [c], ref: {name: middle}",
        "name: c, transport: rt, needs: [b], ref: {name: middle}",
      ),
      "is a cycle: b → c → b",
    ],
    [
      "a need that stands later",
      story("name: b, transport: rt, needs: [a], ref: {name: end}", SOURCE) +
      "---\n{kind: Transport, metadata: {name: grpc}, spec: {provider: p, driver: grpc, " +
      "streaming: {routing: {mode: hub}}}}",
      `no packet comes from "a"`,
    ],
    [
      "a field that no step has",
      story(`${SOURCE}, need: [b]`),
      "s.yaml:7: spec.steps[0].need: is no field",
    ],
    [
      "an unknown transport",
      story("name: a, transport: x, ref: {name: source}"),
      `spec.transports does not declare "x"; there are rt, other`,
    ],
    ["no transport", story("name: a, ref: {name: source}"), "an engram needs a transport"],
    ["an unknown primitive", story("name: a, type: gate"), `there is no primitive "gate"`],
    ["executeStory", story("name: a, type: executeStory"), "needs a cluster"],
    [
      "a template that cannot be read",
      story(`${SOURCE}, if: "{{ eq packet.n"`),
      "s.yaml:7: spec.steps[0].if: ",
    ],
    [
      "a generator that others send to",
      story(SOURCE, "name: b, transport: rt, ref: {name: source}"),
      "a generator takes no packets",
    ],
    [
      "a sink that others wait for",
      story(
        "name: a, transport: rt, ref: {name: end}",
        "name: b, transport: rt, needs: [a], ref: {name: end}",
      ),
      "a sink sends nothing",
    ],
    [
      "settings that make no sense",
      story(SOURCE).replace("transportRef: grpc}", "transportRef: grpc, settings: {lanes: 1}}"),
      "s.yaml:5: spec.transports: ",
    ],
    ["no Story", ENGRAMS, "s.yaml: has no Story"],
    ["another kind", story(SOURCE) + "---\nkind: Pod\n", `kind must be Story`],
    [
      "a setting that the generator does not have",
      story(SOURCE).replace(
        "headrace-generator}",
        "headrace-generator}, with: {speed: 1}",
      ),
      "speed",
    ],
    [
      "an engram that says nothing of how it runs here",
      story(SOURCE).replace("headrace-generator", "my-template"),
      "spec.templateRef.name: how does it run here?",
    ],
  ] as const
) {
  Deno.test(`${what} is refused, with its place`, () => {
    assertThrows(() => plan(text), StoryError, expected);
  });
}
