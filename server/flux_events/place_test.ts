import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
import { readPlace } from "./place.ts";

function place(query: Record<string, string>, metadata?: Record<string, string>) {
  return readPlace((name) => query[name], { metadata });
}

Deno.test("the address says where an event is shown", () => {
  assertEquals(place({ flow: "rollout", region: "fsn1" }), {
    flowId: "rollout",
    regionKey: "fsn1",
    namespace: "flux-system",
  });
  assertEquals(place({ flow: "r", region: "a", namespace: "apps" }).namespace, "apps");
  for (const namespace of ["*", "apps,flux-system"]) {
    assertEquals(place({ flow: "r", region: "a", namespace }).namespace, undefined);
  }
});

Deno.test("metadata says it where the address does not, and never against it", () => {
  const metadata = { flow: "of-metadata", region: "hel1", cluster: "c-17" };
  assertEquals(place({}, metadata).flowId, "of-metadata");
  assertEquals(place({}, metadata).regionKey, "hel1");
  assertEquals(place({ flow: "r" }, { cluster: "c-17" }).regionKey, "c-17");
  const { flowId, regionKey } = place({ flow: "rollout", region: "fsn1" }, metadata);
  assertEquals([flowId, regionKey], ["rollout", "fsn1"]);
});

Deno.test("what is missing or wrong is named, with what to do", () => {
  for (
    const [query, words] of [
      [{}, "?flow="],
      [{ flow: "r" }, "&region="],
      [{ flow: "r", region: "a/b" }, "region"],
      [{ flow: "a\nb", region: "a" }, "flow"],
    ] as const
  ) assertThrows(() => place(query), ContractError, words);
});
