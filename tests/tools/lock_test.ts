import { assertEquals, assertRejects } from "@std/assert";
import { withLock } from "./lock.ts";

const patient = { waiting: () => {}, signal: new AbortController().signal };

async function withLockFile(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-lock-" });
  try {
    await test(`${folder}/lock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Holds the lock until it is let go. */
async function hold(path: string): Promise<{ letGo: () => Promise<void> }> {
  const entered = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const held = withLock(path, patient, async () => {
    entered.resolve();
    await leave.promise;
  });
  await entered.promise;
  return {
    letGo: async () => {
      leave.resolve();
      await held;
    },
  };
}

Deno.test("of two holders of one lock the second waits for the first and is told so once", async () => {
  await withLockFile(async (path) => {
    const first = await hold(path);
    const events: string[] = [];
    const waits = Promise.withResolvers<void>();
    const second = withLock(path, {
      ...patient,
      waiting: () => {
        events.push("second waits");
        waits.resolve();
      },
    }, () => {
      events.push("second enters");
      return Promise.resolve("done");
    });
    await waits.promise;
    events.push("first leaves");
    await first.letGo();
    assertEquals(await second, "done");
    assertEquals(events, ["second waits", "first leaves", "second enters"]);
  });
});

Deno.test("a wait for the lock ends when it is aborted", async () => {
  await withLockFile(async (path) => {
    const first = await hold(path);
    const abort = new AbortController();
    const second = withLock(path, {
      waiting: () => abort.abort(new Error("interrupted")),
      signal: abort.signal,
    }, () => Promise.reject(new Error("must not enter")));
    await assertRejects(() => second, Error, "interrupted");
    await first.letGo();
  });
});

Deno.test("work that fails gives the lock back", async () => {
  await withLockFile(async (path) => {
    await assertRejects(
      () => withLock(path, patient, () => Promise.reject(new Error("disk full"))),
      Error,
      "disk full",
    );
    assertEquals(await withLock(path, patient, () => Promise.resolve(true)), true);
  });
});
