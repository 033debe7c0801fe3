import { VARIABLES } from "./variables.ts";

/** What `--help` prints: one line a variable, in aligned columns. */
export function helpText(): string {
  const names = Math.max(...VARIABLES.map(({ name }) => name.length));
  const defaults = Math.max(...VARIABLES.map((row) => valueOf(row).length));
  const rows = VARIABLES.map((row) =>
    `  ${row.name.padEnd(names)}  ${valueOf(row).padEnd(defaults)}  ${row.purpose}`
  );
  return [
    "Watches Flux HelmReleases in one cluster and shows them as a flow on a flow router.",
    "",
    "Everything is set by environment variables:",
    "",
    ...rows,
    "",
    "Exit codes: 0 after SIGTERM or SIGINT, 2 when a setting is missing or wrong, 1 otherwise.",
    "",
  ].join("\n");
}

function valueOf(row: { readonly required: boolean; readonly default?: string }): string {
  return row.required ? "required" : row.default ?? "-";
}
