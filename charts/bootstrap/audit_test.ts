import { assertEquals } from "@std/assert";
import { audit, report } from "./audit.ts";

Deno.test("the bootstrap kit is as expected", async () => {
  assertEquals(report(await audit()), "drift=0 cycles=0\n");
});

Deno.test("the report names each problem before the counts", () => {
  const found = { drift: ["a is expected"], cycles: [["a", "b"]] };
  assertEquals(
    report(found),
    "drift: a is expected\ncycle: a -> b -> a\ndrift=1 cycles=1\n",
  );
});
