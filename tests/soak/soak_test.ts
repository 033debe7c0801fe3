import { assertEquals } from "@std/assert";
import { soak } from "./soak.ts";

Deno.test("two minutes of everything at once leave no trace in the router", async () => {
  const lines: string[] = [];
  const { signal } = new AbortController();
  const { problems } = await soak({ minutes: 2, say: (line) => lines.push(line), signal });
  assertEquals(problems, [], lines.join("\n"));
});
