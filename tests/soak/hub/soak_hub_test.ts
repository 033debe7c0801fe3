import { assert, assertEquals } from "@std/assert";
import { POLICIES, soakHub } from "./soak_hub.ts";

Deno.test("consumers that do not read cost a hub no more than their buffers, for two minutes and every policy", async () => {
  const told: string[] = [];
  const { problems, packets } = await soakHub({
    minutes: 2,
    policies: POLICIES,
    // Beside other tests: what time would show is shown by the task, at full speed.
    busy: 5,
    say: (line) => told.push(line),
    signal: new AbortController().signal,
  });
  assertEquals(problems, [], told.join("\n"));
  assert(packets > 100_000, `only ${packets} packets came`);
});
