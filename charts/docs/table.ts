import type { ChartValue } from "./values.ts";

/** The values as a Markdown table, padded as `deno fmt` pads it. */
export function valuesTable(values: readonly ChartValue[]): string {
  const rows = values.map(({ path, default: value, description }) =>
    [`\`${path.join(".")}\``, `\`${JSON.stringify(value)}\``, description]
      .map((cell) => cell.replaceAll("|", "\\|"))
  );
  const head = ["value", "default", "means"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

const PLACE = /(<!-- values -->\n)[\s\S]*?(<!-- \/values -->)/;

/**
 * A README with the table in its place.
 *
 * @throws {Error} when it has no place for one
 */
export function withTable(readme: string, table: string): string {
  if (!PLACE.test(readme)) throw new Error("the README has no <!-- values --> … <!-- /values -->");
  return readme.replace(PLACE, (_, before, after) => `${before}\n${table}\n${after}`);
}
