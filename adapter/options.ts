/** What the command line asks for. */
export interface Options {
  readonly isHelp: boolean;
  /** Shows the cluster as it is now, and ends. */
  readonly isOnce: boolean;
  /** Prints messages instead of posting them. */
  readonly isDryRun: boolean;
}

/** Every option with what it does, as `--help` shows them. */
export const OPTIONS: readonly (readonly [name: string, purpose: string])[] = [
  ["--once", "List, map and post once, print a table of the nodes, and end; takes no lease"],
  [
    "--dry-run",
    "Print the FlowMessages instead of posting them; needs no FLOW_SERVER_URL, no lease",
  ],
  ["--help, -h", "Print this"],
];

/** An argument that there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "usage";
}

/** @throws {UsageError} */
export function parseOptions(args: readonly string[]): Options {
  const options = { isHelp: false, isOnce: false, isDryRun: false };
  for (const arg of args) {
    switch (arg) {
      case "--help":
      case "-h":
        options.isHelp = true;
        break;
      case "--once":
        options.isOnce = true;
        break;
      case "--dry-run":
        options.isDryRun = true;
        break;
      default:
        throw new UsageError(`unknown argument ${arg}: see --help`);
    }
  }
  return options;
}
