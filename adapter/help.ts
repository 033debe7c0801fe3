import { OPTIONS } from "./options.ts";
import { VARIABLES } from "./variables.ts";

/** What `--help` prints: one line an option and one a variable, in aligned columns. */
export function helpText(): string {
  const names = Math.max(...VARIABLES.map(({ name }) => name.length));
  const defaults = Math.max(...VARIABLES.map((row) => valueOf(row).length));
  const rows = VARIABLES.map((row) =>
    `  ${row.name.padEnd(names)}  ${valueOf(row).padEnd(defaults)}  ${row.purpose}`
  );
  const options = Math.max(...OPTIONS.map(([name]) => name.length));
  return [
    "Watches Flux in one cluster and shows it as a part of a flow on a flow router.",
    "",
    "Options:",
    "",
    ...OPTIONS.map(([name, purpose]) => `  ${name.padEnd(options)}  ${purpose}`),
    "",
    "Everything else is set by environment variables:",
    "",
    ...rows,
    "",
    "Exit codes: 0 after SIGTERM or SIGINT and after --once, 2 when a setting is missing or wrong,",
    "1 otherwise.",
    "",
  ].join("\n");
}

function valueOf(row: { readonly required: boolean; readonly default?: string }): string {
  return row.required ? "required" : row.default ?? "-";
}
