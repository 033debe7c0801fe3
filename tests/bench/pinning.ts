import type { ServerCommand } from "./peer.ts";

/** The server gets the first core for itself and the load client the second. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

/** No program of the bench lives longer, even when the bench itself is killed. */
const LIFETIME_SECONDS = 600;
/** How long a program may take to end once it was told to. */
const GRACE_SECONDS = 5;

/**
 * As many files as there are: 18,000 connections are 18,000 files at either end. Where the kernel
 * groups processes by session (`sched(7)`, autogroup), niceness counts within a session only, so
 * the program gets its own session and that gets the niceness.
 */
const SCRIPT = `
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
nice=$1; shift
if [ "$nice" -ne 0 ]; then
  [ ! -e /proc/self/autogroup ] || echo "$nice" > /proc/self/autogroup
  exec nice -n "$nice" "$@"
fi
exec "$@"`;

/** How a program of the bench shares the machine with others. */
export interface Placement {
  /** The core that it has for itself; undefined on a machine where programs cannot be pinned. */
  readonly core: number | undefined;
  /** Its niceness; 0 leaves it that of any program. */
  readonly nice: number;
}

/**
 * The command with as many open files as it may have, an end to its life, and a place to run.
 */
export function pinned(command: ServerCommand, { core, nice }: Placement): ServerCommand {
  const life = ["timeout", `--kill-after=${GRACE_SECONDS}`, String(LIFETIME_SECONDS)];
  const place = core === undefined ? [] : ["taskset", "--cpu-list", String(core)];
  const { program, args } = command;
  return {
    ...command,
    program: "setsid",
    args: ["sh", "-c", SCRIPT, "sh", String(nice), ...life, ...place, program, ...args],
  };
}
