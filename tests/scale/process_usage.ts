/** What a process uses, of `/proc`. */
export interface ProcessUsage {
  /** Resident memory now, in MiB. */
  readonly rss: number;
  /** The most it ever was, in MiB. */
  readonly peak: number;
  /** User and system time, in seconds. */
  readonly cpu: number;
}

/** Clock ticks a second: USER_HZ, which is 100 on every Linux that Deno runs on. */
const TICKS = 100;

/**
 * Reads `proc_pid_stat(5)` and `proc_pid_status(5)`, through a shell: Deno itself opens `/proc` only
 * to who may do everything.
 *
 * @throws {TypeError} when the process has ended
 */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'cat "/proc/$0/stat" "/proc/$0/status"', String(pid)],
    stderr: "null",
  }).output();
  const [stat = "", ...status] = new TextDecoder().decode(stdout).split("\n");
  return parseUsage(stat, status.join("\n"));
}

/** @throws {TypeError} when the texts are of another form */
export function parseUsage(stat: string, status: string): ProcessUsage {
  // The second field is the program's name in parentheses, which may itself hold both.
  const [utime, stime] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13);
  const kib = (name: string) => whole(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]);
  return {
    rss: kib("VmRSS") / 1024,
    peak: kib("VmHWM") / 1024,
    cpu: (whole(utime) + whole(stime)) / TICKS,
  };
}

function whole(digits: string | undefined): number {
  if (digits === undefined || !/^\d+$/.test(digits)) {
    throw new TypeError(`expected a number in /proc, not ${digits}`);
  }
  return Number(digits);
}
