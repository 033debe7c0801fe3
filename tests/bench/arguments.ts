import { parseArgs, type ParseArgsConfig } from "node:util";
import { BenchError } from "./errors.ts";

/**
 * Reads the options of a command line, which has nothing else.
 *
 * @throws {BenchError} `usage`
 */
export function readArguments<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new BenchError("usage", error.message, { cause: error });
  }
}

/**
 * Reads a list of names such as `a,b`, in the order in which they are known.
 *
 * @throws {BenchError} `usage`
 */
export function names<T extends string>(
  text: string | undefined,
  all: readonly T[],
  option: string,
): T[] {
  if (text === undefined) return [...all];
  const wanted = text.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new BenchError("usage", `${option}: there is no "${unknown}", only ${all.join(", ")}`);
  }
  return all.filter((name) => wanted.includes(name));
}

/**
 * Reads a number within bounds.
 *
 * @throws {BenchError} `usage`
 */
export function number(text: string, min: number, max: number, option: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new BenchError("usage", `${option}: expected ${min} to ${max}, not ${text}`);
}
