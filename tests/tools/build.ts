import { describe, foldLine, NOTHING_BUILT } from "./build_progress.ts";
import type { GoTool } from "./catalog.ts";
import { ToolsError } from "./errors.ts";
import { checkGoVersion, go } from "./go.ts";
import { type PinnedTool, printedVersion } from "./tools.ts";
import { formatVersion, parseVersion } from "./version.ts";

/** Suffix of a binary that is not yet built or not yet proved. */
export const UNPROVED = ".part";

/** How often a build shows that it lives, in milliseconds. */
const TICK = 1_000;

/** What a build tells about itself, and how it is ended early. */
export interface BuildOptions {
  readonly onStatus: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The linker flags of a tool: no debugging tables (a third of the size), and its version. */
export function linkerFlags(tool: GoTool, version: string): string {
  const stamps = Object.entries(tool.stamp(version)).map(([name, value]) => `-X ${name}=${value}`);
  return ["-s", "-w", ...stamps].join(" ");
}

/**
 * Builds a tool into the cache. The binary gets its final name only after it has said the right
 * version, so whatever has that name is whole. An interrupted build goes on where it stopped:
 * compiled packages stay in Go's own build cache.
 *
 * The caller holds the lock of the cache.
 *
 * @throws {ToolsError} `go-missing`, `go-version`, `go-failed` or `bad-binary`.
 */
export async function build(pinned: PinnedTool, options: BuildOptions): Promise<void> {
  const { tool, folder: cwd, version, cached } = pinned;
  const { onStatus, signal } = options;
  // Asked in the tool's folder: with GOTOOLCHAIN=auto, go.mod decides which toolchain answers.
  checkGoVersion((await go(["version"], { cwd, signal })).stdout);
  const part = cached + UNPROVED;
  await Deno.mkdir(cached.slice(0, cached.lastIndexOf("/")), { recursive: true });

  let progress = NOTHING_BUILT;
  let stale: number | undefined;
  const onLine = (line: string) => {
    progress = foldLine(progress, line);
  };
  const ticker = setInterval(() => onStatus(describe(progress, stale)), TICK);
  // Fixed flags, so that every run finds what the one before it compiled.
  const flags = ["-mod=readonly", "-trimpath"];
  try {
    stale = await countStale(tool, flags, { cwd, signal, onLine });
    await go(
      ["build", "-v", ...flags, `-ldflags=${linkerFlags(tool, version)}`, "-o", part, tool.package],
      { cwd, signal, onLine },
    );
    await prove(part, tool, version);
    await Deno.rename(part, cached);
  } finally {
    clearInterval(ticker);
  }
}

async function countStale(
  { package: main }: GoTool,
  flags: readonly string[],
  options: { cwd: string; signal: AbortSignal; onLine: (line: string) => void },
): Promise<number> {
  const template = "{{if .Stale}}{{.ImportPath}}{{end}}";
  const { stdout } = await go(["list", "-deps", ...flags, "-f", template, main], options);
  return stdout.split("\n").filter((line) => line !== "").length;
}

/** The version of a module that `go version -m` reads out of a binary. */
export function recordedVersion(printed: string, module: string): string | undefined {
  for (const line of printed.split("\n")) {
    const [, kind, path, version] = line.split("\t");
    if ((kind === "mod" || kind === "dep") && path === module) return version;
  }
  return undefined;
}

async function prove(path: string, tool: GoTool, version: string): Promise<void> {
  const printed = tool.versionArgs === undefined
    ? recordedVersion((await go(["version", "-m", path], {})).stdout, tool.module)
    : await printedVersion(path, tool.versionArgs);
  const said = printed === undefined ? undefined : parseVersion(printed);
  if (said !== undefined && formatVersion(said) === version) return;
  await Deno.remove(path);
  throw new ToolsError(
    "bad-binary",
    `${tool.name} was built as ${version} but says ${printed?.trim() || "nothing"}`,
  );
}
