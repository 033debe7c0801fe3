import { assertEquals } from "@std/assert";
import { soak } from "./soak.ts";

// The least in which a leak shows: a minute until memory is on its plateau, a minute on it.
Deno.test("a router under two minutes of everything keeps its memory and every reader whole", async () => {
  const told: string[] = [];
  const { problems } = await soak({
    minutes: 2,
    say: (line) => told.push(line),
    signal: new AbortController().signal,
  });
  assertEquals(problems, [], told.join("\n"));
});
