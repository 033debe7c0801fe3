import { assert, assertEquals } from "@std/assert";
import { measure } from "./scale.ts";
import { table } from "./table.ts";

Deno.test("many runs at once take a small constant number of requests each, and no reads", async () => {
  const figures = await measure({ runs: 25, say: () => {} });
  assert(figures.requestsPerRun <= 12, table(figures));
  const asked = figures.phases.flatMap(({ requestsPerRun }) => Object.keys(requestsPerRun));
  assertEquals(asked.filter((what) => !/^(patch|create) /.test(what)), [], table(figures));
});
