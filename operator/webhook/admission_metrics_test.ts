import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Registry } from "prom-client";
import type { AdmissionResponse } from "./admission.ts";
import { countAdmissions } from "./admission_metrics.ts";

Deno.test("reviews are counted by their answers, and those without one as errors", async () => {
  const registry = new Registry();
  const answers: (AdmissionResponse | Error)[] = [
    { uid: "1", allowed: true, patchType: "JSONPatch", patch: "W10=" },
    { uid: "2", allowed: true },
    { uid: "3", allowed: false },
    new Error("the API server does not answer"),
  ];
  const admit = countAdmissions(() => {
    const next = answers.shift();
    return next instanceof Error || next === undefined
      ? Promise.reject(next)
      : Promise.resolve(next);
  }, registry);
  const request = { uid: "1" } as Parameters<typeof admit>[0];
  for (const uid of ["1", "2", "3"]) assertEquals((await admit(request)).uid, uid);
  await assertRejects(() => admit(request), Error, "does not answer");
  const text = await registry.metrics();
  for (const result of ["injected", "unchanged", "refused", "error"]) {
    assertStringIncludes(text, `headrace_admission_total{result="${result}"} 1`);
  }
});
