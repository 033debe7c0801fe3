import { assertEquals } from "@std/assert";
import { row } from "../testing/rows.ts";
import { failedKeys, failureNews } from "./failures.ts";

const failed = (label: string, more = {}) => row({ label, phase: "failed", ...more });

Deno.test("only what was not failed before is news", () => {
  const before = failedKeys([failed("a"), row({ label: "b" })]);
  assertEquals(failureNews(before, [failed("a"), row({ label: "b" })]), undefined);
  assertEquals(failureNews(before, [failed("a"), failed("b")]), "b failed");
});

Deno.test("news name the node, its region and the reason", () => {
  const rows = [
    failed("bp-keycloak", { region: "fsn1", reason: "RetriesExceeded" }),
    failed("bp-harbor"),
  ];
  assertEquals(
    failureNews(new Set(), rows),
    "bp-keycloak in fsn1 failed: RetriesExceeded. bp-harbor failed",
  );
});

Deno.test("many failures at once are a number", () => {
  assertEquals(
    failureNews(new Set(), ["a", "b", "c", "d"].map((it) => failed(it))),
    "4 nodes failed",
  );
});

Deno.test("a node that fails again after it was mended is news again", () => {
  const mended = failedKeys([row({ label: "a", phase: "running" })]);
  assertEquals(failureNews(mended, [failed("a")]), "a failed");
});
