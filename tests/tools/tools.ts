import { CRD_MODULES, GO_TOOLS, type GoTool } from "./catalog.ts";
import { run } from "./command.ts";
import { readEnvironment, type ToolsEnvironment } from "./environment.ts";
import { ToolsError } from "./errors.ts";
import { requiredVersion } from "./go_mod.ts";
import { cachePath, choose, type Located, outsidePlaces, type Sighting } from "./locate.ts";

/** Binaries of one platform do not run on another, and a home folder may be shared by both. */
const PLATFORM = `${Deno.build.os}-${Deno.build.arch}`;

/** Longest wait for a binary to print its version, in milliseconds: it may be something else. */
const VERSION_TIMEOUT = 20_000;

/** Exit statuses of a shell that cannot run what it was told to (POSIX.1-2024, 2.8.2). */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** A tool, the version pinned for it, and where that version is or will be in the cache. */
export interface PinnedTool {
  readonly tool: GoTool;
  /** Absolute path of the folder with the tool's `go.mod`. */
  readonly folder: string;
  readonly version: string;
  readonly cached: string;
}

/** Reads the pinned version of every tool from its `go.mod`. */
export function pinnedTools(environment: Pick<ToolsEnvironment, "cache">): Promise<PinnedTool[]> {
  return Promise.all(GO_TOOLS.map(async (tool) => {
    const folder = `${import.meta.dirname}/${tool.folder}`;
    const version = requiredVersion(await Deno.readTextFile(`${folder}/go.mod`), tool.module);
    const cached = cachePath(environment.cache, tool.name, version, PLATFORM);
    return { tool, folder, version, cached };
  }));
}

/** Folder in the cache that holds the CRD manifests, named by the modules they are from. */
export function crdFolder(environment: ToolsEnvironment): string {
  const names = CRD_MODULES.map(({ path, version }) => `${path.split("/").at(-1)}-${version}`);
  return `${environment.cache}/crds/${names.join("-")}`;
}

/** Looks for a tool: `KUBEBUILDER_ASSETS`, then `PATH`, then the cache. Builds nothing. */
export async function locate(
  { tool, version, cached }: PinnedTool,
  environment: ToolsEnvironment,
): Promise<Located> {
  const { name, versionArgs } = tool;
  const places = versionArgs === undefined ? [] : outsidePlaces(name, environment);
  const outside = await Promise.all(
    places.map(async (place): Promise<Sighting | undefined> => {
      const printed = await printedVersion(place.path, versionArgs ?? []);
      return printed === undefined ? undefined : { ...place, printed };
    }),
  );
  const sightings = outside.filter((sighting) => sighting !== undefined);
  if (await exists(cached)) sightings.push({ origin: "cache", path: cached, printed: version });
  return choose(tool, sightings);
}

/**
 * What a binary prints about its version, "" when it fails or takes too long, or undefined when
 * there is no such program.
 */
export async function printedVersion(
  path: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(VERSION_TIMEOUT);
    // Through sh: a list of what may be run cannot name binaries before they are found, and Deno
    // does not let a program write a binary that it may run by name.
    const { status, stdout } = await run("sh", ["-c", 'exec "$0" "$@"', path, ...args], { signal });
    if (status === NOT_FOUND || status === NOT_EXECUTABLE) return undefined;
    return status === 0 ? stdout : "";
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return "";
    throw error;
  }
}

/** Whether there is something at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Absolute paths of the tools that were asked for, and of the folder of CRD manifests. */
export interface ToolPaths<Name extends string = GoTool["name"]> {
  readonly binaries: Readonly<Record<Name, string>>;
  /** Holds `<group>_<plural>.yaml` files, one CustomResourceDefinition each. */
  readonly crds: string;
}

/**
 * Where the tools are, for tests that start them.
 *
 * @throws {ToolsError} `tools-missing` with the command that puts them there.
 */
export async function findTools<const Name extends GoTool["name"]>(
  names: readonly Name[],
  environment: ToolsEnvironment = readEnvironment((name) => Deno.env.get(name)),
): Promise<ToolPaths<Name>> {
  const missing: string[] = [];
  const binaries: Partial<Record<GoTool["name"], string>> = {};
  for (const pinned of await pinnedTools(environment)) {
    const { name } = pinned.tool;
    if (!(names as readonly string[]).includes(name)) continue;
    const located = await locate(pinned, environment);
    if (located.found) binaries[name] = located.path;
    else missing.push([`${name} ${pinned.version}`, ...located.reasons].join("; "));
  }
  const crds = crdFolder(environment);
  if (!await exists(crds)) missing.push("the CRDs of Flux and bobrapet");
  if (missing.length > 0) {
    const flags = GO_TOOLS.flatMap(({ name, group }) =>
      group !== undefined && (names as readonly string[]).includes(name) ? [` --${group}`] : []
    );
    const command = `deno task tools${flags[0] ?? ""}`;
    throw new ToolsError("tools-missing", `${missing.join(", ")}: run \`${command}\` first`);
  }
  return { binaries: binaries as Record<Name, string>, crds };
}
