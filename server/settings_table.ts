import { SETTINGS } from "./config.ts";

/** Every setting as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(({ name, fallback, purpose }) => [
    `\`${name}\``,
    fallback === "" ? "-" : `\`${fallback}\``,
    purpose,
  ]);
  const head = ["variable", "default", "means"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

const README = new URL("./README.md", import.meta.url);
const PLACE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** The README with the table of today. */
export async function readmeWithSettings(): Promise<string> {
  const text = await Deno.readTextFile(README);
  return text.replace(PLACE, (_, before, after) => `${before}\n${settingsTable()}\n${after}`);
}

if (import.meta.main) await Deno.writeTextFile(README, await readmeWithSettings());
