import { type Setting, SETTINGS } from "./settings_catalog.ts";

/** Every setting as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = Object.values<Setting>(SETTINGS).map((
    { flag, env, key, default: value, purpose },
  ) => [
    flag === undefined ? "" : `\`--${flag}\``,
    code(env),
    code(key),
    code(value),
    purpose,
  ]);
  const head = ["flag", "environment", "ConfigMap", "default", "means"];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function code(text: string | undefined): string {
  return text === undefined ? "" : `\`${text}\``;
}

const README = new URL("./README.md", import.meta.url);
const PLACE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** The README with the table of today; `deno fmt` aligns it. */
export async function readmeWithSettings(): Promise<string> {
  const text = await Deno.readTextFile(README);
  return text.replace(PLACE, (_, before, after) => `${before}\n${settingsTable()}\n${after}`);
}

if (import.meta.main) await Deno.writeTextFile(README, await readmeWithSettings());
