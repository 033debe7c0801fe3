import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RouterProcess } from "./router_process.ts";

const message = {
  type: "upsert-nodes" as const,
  nodes: [{ id: "a", flowId: "f", label: "a", status: "running" }],
};

Deno.test("the router runs with its task's permissions, with access control, and again", async () => {
  await using router = await RouterProcess.start({ tokens: ["let-me-in"] });
  assertEquals(
    (await fetch(`${router.url}/v1/flows`).then((r) => (r.body?.cancel(), r))).status,
    401,
  );
  const { seq, epoch } = await router.post("f", message);
  assertEquals((await router.snapshot("f"))?.cursor, `${seq}-${epoch}`);
  assertEquals((await router.metrics()).get("headrace_flows"), 1);
  const { port } = router;
  assertEquals((await router.kill("SIGTERM")).code, 0);
  assertEquals(router.running, false);
  await router.restart();
  assertEquals([router.port, await router.snapshot("f")], [port, undefined]);
  assertEquals([router.failures, router.complaints], [[], ""]);
});

Deno.test("a router that cannot start says why", async () => {
  const error = await assertRejects(() =>
    RouterProcess.start({ settings: { RING_CAPACITY: "many" } })
  ) as Error;
  assertMatch(error.message, /the router ended.*FLOW_SERVER_RING_CAPACITY/);
});
