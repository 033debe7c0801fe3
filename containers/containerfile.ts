/**
 * The entry points of the images: each program with the permissions of its task. Run as a program
 * it writes them into the Containerfiles.
 */
import { taskFlags } from "../tests/compile/task_flags.ts";

const FOLDER = new URL("./", import.meta.url);

/** The programs that have an image. */
export const PARTS = ["server", "adapter", "operator", "hub"] as const;

export type Part = (typeof PARTS)[number];

/** How a program is started in its image. */
export function entrypoint(config: unknown, part: Part): string[] {
  // A quoted flag of a task is quoted for its shell; here is none.
  const flags = taskFlags(config, part).map((flag) => flag.replaceAll("'", ""));
  return ["deno", "run", "--no-prompt", "--no-config", "--cached-only", ...flags, `${part}.js`];
}

/** A Containerfile with this entry point. @throws {Error} when it has none to replace */
export function withEntrypoint(text: string, words: readonly string[]): string {
  const line = /^ENTRYPOINT .*$/m;
  if (!line.test(text)) throw new Error("the Containerfile has no ENTRYPOINT");
  return text.replace(line, () => `ENTRYPOINT ${JSON.stringify(words)}`);
}

/** One instruction of a Containerfile. */
export interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of a Containerfile, comments and line continuations taken away. */
export function instructions(text: string): Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .flatMap((line) => {
      const [, name, value] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [{ name, value }];
    });
}

/** URL of a program's Containerfile. */
export function containerfile(part: Part): URL {
  return new URL(`${part}.Containerfile`, FOLDER);
}

if (import.meta.main) {
  const config = JSON.parse(await Deno.readTextFile(new URL("../deno.json", FOLDER)));
  for (const part of PARTS) {
    const text = await Deno.readTextFile(containerfile(part));
    await Deno.writeTextFile(containerfile(part), withEntrypoint(text, entrypoint(config, part)));
  }
}
