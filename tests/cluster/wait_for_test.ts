import { assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "./wait_for.ts";

Deno.test("waitFor looks until there is something, and zero is something", async () => {
  const answers = [undefined, null, false, 0] as const;
  let looks = 0;
  assertEquals(await waitFor("a number", () => answers[looks++], { every: 0 }), 0);
  assertEquals(looks, 4);
});

Deno.test("waitFor says what it waited for and what it saw instead", async () => {
  await assertRejects(
    () => waitFor("rain", () => undefined, { within: 0, every: 0, describe: () => "only sun" }),
    Error,
    "waited 0 s for rain; only sun",
  );
});

Deno.test("waitFor ends with the signal, and an error of the look is not waited out", async () => {
  const signal = AbortSignal.abort(new Error("process is gone"));
  await assertRejects(() => waitFor("rain", () => undefined, { signal }), Error, "process is gone");
  await assertRejects(
    () =>
      waitFor("rain", () => {
        throw new Error("blind");
      }),
    Error,
    "blind",
  );
});
