import { ToolsError } from "./errors.ts";

/**
 * The version of `module` that a `go.mod` requires (`v1.36.3`).
 *
 * The `go.mod` files are the only place where a version is written down, so that raising one is
 * `go get` and nothing else.
 *
 * @throws {ToolsError} `bad-pin` when the file does not require the module.
 */
export function requiredVersion(goMod: string, module: string): string {
  let inBlock = false;
  for (const line of goMod.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "require") words.shift();
    else if (!inBlock) continue;
    if (words[0] === "(") inBlock = true;
    else if (words[0] === ")") inBlock = false;
    else if (words[0] === module && words[1] !== undefined) return words[1];
  }
  throw new ToolsError("bad-pin", `go.mod does not require ${module}`);
}
