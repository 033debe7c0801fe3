import { SettingsError } from "./settings.ts";
import { type Setting, SETTINGS } from "./settings_catalog.ts";

/**
 * Reads a command line: `--name=value`, `--name value`, and a switch alone for `true`. One dash does
 * as well, as Go's flag package has it.
 *
 * @throws {SettingsError} for a flag that there is not, a value that is missing, or any other word
 */
export function parseFlags(args: readonly string[]): Map<string, string> {
  const rows: readonly Setting[] = Object.values(SETTINGS);
  const flags = new Map<string, string>();
  const problems: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const match = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(arg);
    const row = rows.find(({ flag }) => flag !== undefined && flag === match?.[1]);
    if (match === null || row?.flag === undefined) {
      problems.push(`unknown argument ${arg}: see --help`);
      continue;
    }
    const next = args[index + 1];
    if (match[2] !== undefined) flags.set(row.flag, match[2]);
    else if (row.isSwitch) flags.set(row.flag, "true");
    else if (next === undefined || next.startsWith("--")) {
      problems.push(`--${row.flag} needs a value`);
    } else {
      flags.set(row.flag, next);
      index++;
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return flags;
}
