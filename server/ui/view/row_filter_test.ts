import { assert, assertEquals } from "@std/assert";
import { row } from "../testing/rows.ts";
import { isFiltering, NO_FILTER, rowFilter } from "./row_filter.ts";

const keycloak = row({
  label: "bp-keycloak",
  id: "fsn1/bp-keycloak",
  region: "fsn1",
  phase: "failed",
  state: "Stalled",
  reason: "RetriesExceeded",
  message: "context deadline exceeded",
  waitsFor: [{ key: undefined, label: "bp-cilium", phase: "other" }],
});
const shows = (text: string) => rowFilter({ ...NO_FILTER, text })(keycloak);

Deno.test("every word of the filter must occur somewhere in the line", () => {
  for (const text of ["KEYCLOAK", "fsn1 stalled", "deadline  retries", "bp-cilium", "  "]) {
    assert(shows(text), text);
  }
  for (const text of ["hel1", "keycloak hel1", "keycloak/"]) assert(!shows(text), text);
});

Deno.test("words do not match across the borders of fields", () => {
  assert(!shows("fsn1Stalled"));
});

Deno.test("chosen phases narrow the choice further", () => {
  const only = (...phases: ("failed" | "running")[]) =>
    rowFilter({ text: "keycloak", phases: new Set(phases) })(keycloak);
  assertEquals([only(), only("failed"), only("running"), only("running", "failed")], [
    true,
    true,
    false,
    true,
  ]);
});

Deno.test("blanks alone do not filter", () => {
  assert(!isFiltering({ ...NO_FILTER, text: "  " }));
  assert(isFiltering({ ...NO_FILTER, text: "a" }));
  assert(isFiltering({ ...NO_FILTER, phases: new Set(["failed"]) }));
});
