import type { GoTool } from "./catalog.ts";
import type { ToolsEnvironment } from "./environment.ts";
import { formatVersion, isAtLeast, parseVersion } from "./version.ts";

/** Where a tool can come from, in the order of preference. */
export type Origin = "KUBEBUILDER_ASSETS" | "PATH" | "cache";

/** A file that may be the tool. */
export interface Place {
  readonly origin: Origin;
  readonly path: string;
}

/** A tool that is there, or the reasons why it has to be built. */
export type Located =
  | { readonly found: true; readonly origin: Origin; readonly path: string; readonly says: string }
  | { readonly found: false; readonly reasons: readonly string[] };

/** A place that exists, and what the binary there prints about its version. */
export interface Sighting extends Place {
  readonly printed: string;
}

/**
 * The tool's own path in the cache. Version and platform are in the path, so that a binary there
 * never has to be asked again: it was asked before it got that name.
 */
export function cachePath(cache: string, name: string, version: string, platform: string): string {
  return `${cache}/${name}/${version}-${platform}/${name}`;
}

/** Every place outside the cache where `name` may be, best first. */
export function outsidePlaces(name: string, environment: ToolsEnvironment): Place[] {
  const { assets, path } = environment;
  return [
    ...(assets === undefined
      ? []
      : [{ origin: "KUBEBUILDER_ASSETS" as const, path: `${assets}/${name}` }]),
    ...path.map((folder) => ({ origin: "PATH" as const, path: `${folder}/${name}` })),
  ];
}

/**
 * Takes the first sighting that is new enough. Those from outside are judged by the version that
 * they print; one in the cache is right by its path.
 */
export function choose(tool: GoTool, sightings: readonly Sighting[]): Located {
  const reasons: string[] = [];
  for (const { origin, path, printed } of sightings) {
    const version = parseVersion(printed);
    if (version === undefined) {
      reasons.push(`${path} (${origin}) does not say its version`);
    } else if (origin !== "cache" && !isAtLeast(version, tool.oldest)) {
      reasons.push(
        `${path} (${origin}) is ${formatVersion(version)}, older than v${tool.oldest}`,
      );
    } else {
      return { found: true, origin, path, says: formatVersion(version) };
    }
  }
  return { found: false, reasons };
}
