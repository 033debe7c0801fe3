import { parseDuration } from "../contracts/duration.ts";

/** What the runner was asked to do. Times are milliseconds. */
export interface StoryOptions {
  readonly help: boolean;
  /** The file with the Story; "" when only help is asked for. */
  readonly file: string;
  /** How long generators run; absent: until Ctrl-C, or until they have sent what they are to. */
  readonly duration?: number;
  /** How long packets may still be on their way after that. */
  readonly drain: number;
  /** One line of JSON on stdout, everything else on stderr. */
  readonly json: boolean;
  readonly map:
    | { readonly kind: "own"; readonly port: number }
    | { readonly kind: "server"; readonly url: string }
    | { readonly kind: "none" };
  /** Name the processes, and pass on what they warn of. */
  readonly verbose: boolean;
  /** Programs that engrams may run. */
  readonly allowed: ReadonlySet<string>;
}

/** The arguments make no sense; the message says which and what is expected. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "usage";
}

const DEFAULT_DRAIN = 10_000;

export const HELP = `Headrace story: runs a realtime Story on this machine, without a cluster.

Usage: deno task story <file.yaml> [options]

The file has a Story and its Engrams (built in: headrace-generator, headrace-transform,
headrace-sink; or a command). The hub and a connector for each engram run as processes of their
own with mutual TLS, and the run is shown live on a map. Try examples/p2p-chain.yaml.

  --for <duration>   stop after so long, such as 5s or 1m (default: Ctrl-C stops)
  --json             print one line of JSON at the end, and nothing else, to stdout
  --drain <duration> how long packets may still be on their way at the end (default 10s)
  --port <n>         port of the map on 127.0.0.1 (default: a free one)
  --server <url>     show the run on this router instead of one of its own; its token, if it
                     wants one, is read from the file that FLOW_TOKEN_FILE names
  --no-map           do not show it on a router at all
  --allow <program>  let engrams run this program; at a terminal you are asked instead
  --verbose          name the processes with their ids, and pass on what they warn of
  --help             this text

Exit codes: 0 when every packet was delivered or counted as dropped, 1 when the story could not be
run, 2 when the file or an argument is wrong, 3 when packets are unaccounted for.
`;

const VALUED = ["--for", "--drain", "--port", "--server", "--allow"];

/**
 * Reads the command line.
 *
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[]): StoryOptions {
  const values = new Map<string, string>();
  const allowed = new Set<string>();
  const flags = new Set<string>();
  const files: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? "";
    if (!argument.startsWith("-")) {
      files.push(argument);
      continue;
    }
    const [name = "", inline] = argument.split(/=(.*)/s, 2);
    if (
      ["--help", "-h", "--json", "--no-map", "--verbose"].includes(name) && inline === undefined
    ) {
      flags.add(name === "-h" ? "--help" : name);
      continue;
    }
    if (!VALUED.includes(name)) throw new UsageError(`unknown argument ${argument}: see --help`);
    const value = inline ?? args[++i];
    if (value === undefined || value === "") throw new UsageError(`${name} needs a value`);
    if (name === "--allow") allowed.add(value);
    else values.set(name, value);
  }
  const help = flags.has("--help");
  if (!help && files.length !== 1) {
    throw new UsageError(
      files.length === 0
        ? "which story? Name its file, such as examples/p2p-chain.yaml; see --help"
        : `one story at a time, not ${files.join(" and ")}`,
    );
  }
  const duration = durationOf(values, "--for");
  return {
    help,
    file: files[0] ?? "",
    ...(duration === undefined ? {} : { duration }),
    drain: durationOf(values, "--drain") ?? DEFAULT_DRAIN,
    json: flags.has("--json"),
    verbose: flags.has("--verbose"),
    map: mapOf(values, flags),
    allowed,
  };
}

function mapOf(
  values: ReadonlyMap<string, string>,
  flags: ReadonlySet<string>,
): StoryOptions["map"] {
  const url = values.get("--server");
  const port = values.get("--port");
  const ways = [url !== undefined, port !== undefined, flags.has("--no-map")];
  if (ways.filter(Boolean).length > 1) {
    throw new UsageError("--port, --server and --no-map exclude each other");
  }
  if (flags.has("--no-map")) return { kind: "none" };
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new UsageError(`--server must be a URL such as http://127.0.0.1:8080, not ${url}`);
    }
    return { kind: "server", url };
  }
  const number = Number(port ?? "0");
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new UsageError(`--port cannot be ${JSON.stringify(port)}: see --help`);
  }
  return { kind: "own", port: number };
}

function durationOf(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined && duration > 0) return duration;
  throw new UsageError(`${name} must be a duration such as 5s or 1m, not ${JSON.stringify(text)}`);
}
