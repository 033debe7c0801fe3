import { parseArgs } from "node:util";
import { GO_TOOLS, type GoTool } from "./catalog.ts";
import { ToolsError } from "./errors.ts";

const NAMES = GO_TOOLS.map(({ name }) => name);
const namesOf = (group: GoTool["group"]) =>
  GO_TOOLS.filter((tool) => tool.group === group).map(({ name }) => name);

/** The help text of `deno task tools`. */
export const HELP = `Puts the programs that the cluster tests and charts need into a cache folder.

Usage: deno task tools [options] [tool ...]

Tools (all of them by default): ${namesOf(undefined).join(", ")}
Only when asked for: ${namesOf("flux").join(", ")}
The CRDs of Flux and bobrapet come with each run.

Each tool is taken from KUBEBUILDER_ASSETS or PATH when it is there and new enough; otherwise it is
built from its Go module, which needs Go and, on the first run, a network and some minutes.

Options:
  --flux         The controllers of Flux as well
  --print-paths  Build nothing; print where the tools are, as JSON
  -h, --help     Show this help

Environment:
  HEADRACE_TOOLS      The cache folder (default: headrace/tools in XDG_CACHE_HOME or ~/.cache)
  KUBEBUILDER_ASSETS  A folder with ready binaries of etcd and kube-apiserver
`;

/** What a call of `deno task tools` asks for. */
export interface Options {
  readonly help: boolean;
  readonly printPaths: boolean;
  readonly names: readonly GoTool["name"][];
}

/**
 * Reads the arguments.
 *
 * @throws {ToolsError} `usage` for an option or a tool that does not exist.
 */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const wanted = [
    ...positionals.length === 0 ? namesOf(undefined) : positionals,
    ...values.flux ? namesOf("flux") : [],
  ];
  const unknown = positionals.find((name) => !(NAMES as string[]).includes(name));
  if (unknown !== undefined) {
    throw new ToolsError("usage", `there is no tool "${unknown}", only ${NAMES.join(", ")}`);
  }
  return {
    help: values.help ?? false,
    printPaths: values["print-paths"] ?? false,
    names: NAMES.filter((name) => wanted.includes(name)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        "print-paths": { type: "boolean" },
        flux: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ToolsError("usage", error.message, { cause: error });
  }
}
