import { assert, assertEquals, assertRejects } from "@std/assert";
import { withLock } from "./lock.ts";

Deno.test("of two holders of one lock the second waits for the first and is told so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-lock-" });
  try {
    const path = `${folder}/lock`;
    const events: string[] = [];
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const waits = Promise.withResolvers<void>();
    const first = withLock(path, () => events.push("first waits"), async () => {
      entered.resolve();
      await leave.promise;
      events.push("first leaves");
    });
    await entered.promise;
    const second = withLock(path, waits.resolve, () => {
      events.push("second enters");
      return Promise.resolve("done");
    });
    await waits.promise;
    leave.resolve();
    await first;
    assertEquals(await second, "done");
    assertEquals(events, ["first leaves", "second enters"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("work that fails gives the lock back", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-lock-" });
  try {
    const path = `${folder}/lock`;
    await assertRejects(
      () => withLock(path, () => {}, () => Promise.reject(new Error("disk full"))),
      Error,
      "disk full",
    );
    assert(await withLock(path, () => {}, () => Promise.resolve(true)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
