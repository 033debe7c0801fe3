import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "../../contracts/contract_error.ts";
import { parse } from "../../contracts/transport/parse.ts";
import { storyRunSchema } from "../../contracts/transport/runs.ts";
import { childStoryRun, succeeded } from "./child_story.ts";
import { decidePrimitive } from "./primitive.ts";

Deno.test("condition and unknown types let a packet pass, parallel forks it", () => {
  for (const type of ["condition", "gate", "transform", undefined]) {
    assertEquals(decidePrimitive(type), { kind: "pass" });
  }
  assertEquals(decidePrimitive("parallel"), { kind: "fork" });
});

Deno.test("sleep takes duration or for, and refuses what is neither or too long", () => {
  assertEquals(decidePrimitive("sleep", { duration: "1m30s" }), {
    kind: "delay",
    milliseconds: 90_000,
  });
  assertEquals(decidePrimitive("sleep", { for: " 5ms " }), { kind: "delay", milliseconds: 5 });
  for (const block of [{}, { duration: "soon" }, { duration: 5 }, { for: "2h" }]) {
    assertThrows(() => decidePrimitive("sleep", block), ContractError, "with.duration");
  }
});

Deno.test("stop says why, if its author does", () => {
  assertEquals(decidePrimitive("stop", { message: "done" }), { kind: "stop", message: "done" });
  assertEquals(decidePrimitive("stop"), { kind: "stop", message: "" });
});

Deno.test("executeStory names a story, its inputs and whether to wait", () => {
  const block = { storyRef: { name: "child" }, waitForCompletion: true, with: { a: 1 } };
  assertEquals(decidePrimitive("executeStory", block), {
    kind: "start",
    child: { story: "child", inputs: { a: 1 }, wait: true },
  });
  for (const block of [{}, { storyRef: {} }, { storyRef: { name: "c" }, with: [] }]) {
    assertThrows(() => decidePrimitive("executeStory", block), ContractError, "executeStory");
  }
});

const PARENT = { name: "voice-abc12", namespace: "demo", uid: "u-1" };
const CHILD = { story: "child", inputs: { a: 1 }, wait: false };

Deno.test("a child run belongs to its parent and knows which step started it", () => {
  const run = childStoryRun(PARENT, "spawn", CHILD, "1700000000000");
  assertEquals(run.metadata.name, "voice-abc12-spawn-1700000000000");
  assertEquals(run.metadata.labels, {
    "bubustack.io/parent-storyrun": "voice-abc12",
    "bubustack.io/parent-step": "spawn",
  });
  assertEquals(run.spec, { storyRef: { name: "child", namespace: "demo" }, inputs: { a: 1 } });
  assertEquals(parse(storyRunSchema, run, "run"), run);
  assertEquals(["Succeeded", "Skipped", "Failed"].map(succeeded), [true, true, false]);
});

Deno.test("the same packet names the same child, another packet another, whatever its id", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    const name = (token: string) => childStoryRun(PARENT, "spawn", CHILD, token).metadata.name;
    assert(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name(a)));
    assertEquals(name(a), name(a));
    if (a !== b) assertNotEquals(name(a), name(b));
  }));
});
