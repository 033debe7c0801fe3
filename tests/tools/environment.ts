import { ToolsError } from "./errors.ts";

/** The variables that say where tools are and go, and where tests keep their files. */
export const VARIABLES = [
  "HEADRACE_TOOLS",
  "XDG_CACHE_HOME",
  "HOME",
  "KUBEBUILDER_ASSETS",
  "PATH",
  "TMPDIR",
] as const;

/** Where to look for tools and where to put them. */
export interface ToolsEnvironment {
  /** The cache folder. */
  readonly cache: string;
  /** The folder of `KUBEBUILDER_ASSETS`, when set. */
  readonly assets: string | undefined;
  /** The folders of `PATH`, in order. */
  readonly path: readonly string[];
}

/**
 * Reads the environment through `get` (`Deno.env.get`). The cache is `HEADRACE_TOOLS`, else
 * `headrace/tools` in the user's cache folder by the XDG Base Directory rule: a relative
 * `XDG_CACHE_HOME` is invalid and counts as unset.
 *
 * @throws {ToolsError} `environment` when no usable cache folder comes out.
 */
export function readEnvironment(
  get: (name: (typeof VARIABLES)[number]) => string | undefined,
): ToolsEnvironment {
  return {
    cache: cacheFolder(get),
    assets: get("KUBEBUILDER_ASSETS") || undefined,
    // A relative or empty entry of PATH means the working directory: no place for trusted tools.
    path: (get("PATH") ?? "").split(":").filter((folder) => folder.startsWith("/")),
  };
}

function cacheFolder(get: Parameters<typeof readEnvironment>[0]): string {
  const own = get("HEADRACE_TOOLS");
  const xdg = get("XDG_CACHE_HOME");
  const home = get("HOME");
  const cache = own ||
    (xdg?.startsWith("/")
      ? `${xdg}/headrace/tools`
      : home
      ? `${home}/.cache/headrace/tools`
      : undefined);
  if (cache === undefined) {
    throw new ToolsError(
      "environment",
      "neither HOME nor XDG_CACHE_HOME is set: set HEADRACE_TOOLS to the folder for the tools",
    );
  }
  // Deno's permission flags, in which it is named, neither quote nor escape.
  if (!/^\/[^\s,]*$/.test(cache)) {
    throw new ToolsError(
      "environment",
      `"${cache}" cannot be the folder for the tools: set HEADRACE_TOOLS to an absolute path ` +
        "without spaces and commas",
    );
  }
  return cache.replace(/(?<=.)\/+$/, "");
}
