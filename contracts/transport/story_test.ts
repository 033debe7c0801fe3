import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../contract_error.ts";
import { parse } from "./parse.ts";
import { stepId, storySchema } from "./story.ts";

const story = (steps: unknown[]) => ({
  metadata: { name: "voice", namespace: "demo" },
  spec: { pattern: "realtime", steps },
});

Deno.test("a Story keeps the fields that nobody here reads", () => {
  const steps = [{ name: "a", ref: { name: "e", version: "1" }, requires: ["x"] }];
  const parsed = parse(storySchema, story(steps), "Story");
  assertEquals<unknown>(parsed.spec.steps, steps);
  assertEquals(parsed.spec.transports, []);
});

Deno.test("a step is known by its id, or by its name when the id is empty", () => {
  assertEquals(stepId({ name: "a", id: "first" }), "first");
  assertEquals(stepId({ name: "a", id: "" }), "a");
  assertEquals(stepId({ name: "a" }), "a");
});

Deno.test("a Story that says two things at once is refused", () => {
  const cases: [unknown[], string][] = [
    [[], "must have 1 step or more"],
    [[{ name: "a" }], 'step "a" needs a ref (an engram) or a type (a primitive)'],
    [[{ name: "a", ref: { name: "e" }, type: "stop" }], 'step "a" has both ref and type'],
    [[{ name: "A", type: "stop" }], "spec.steps[0].name: must be a DNS-1123 label"],
    [[{ name: "a", type: "stop" }, { name: "b", id: "a", type: "stop" }], "declared twice"],
  ];
  for (const [steps, message] of cases) {
    assertThrows(
      () => parse(storySchema, story(steps), "Story demo/voice"),
      ContractError,
      message,
    );
  }
});
