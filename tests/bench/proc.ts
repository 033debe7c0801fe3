/** What the load client read in `/proc`, as it stood there. */
export interface Sample {
  /** On the load client's clock. */
  readonly atMs: number;
  /** The line of `/proc/stat` about all cores. */
  readonly machine: string;
  /** The server's processes. */
  readonly processes: readonly { readonly stat: string; readonly status: string }[];
}

/** What a server's processes have used together. */
export interface Usage {
  /** User and system time. */
  readonly cpuSeconds: number;
  /** Resident memory. */
  readonly rssKb: number;
}

/** Clock ticks of `/proc` a second: USER_HZ, which is 100 on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Adds up the processes of a sample (`proc_pid_stat(5)`, `proc_pid_status(5)`).
 *
 * @throws {TypeError} when the texts are of another form
 */
export function usageOf(sample: Sample): Usage {
  let cpuSeconds = 0;
  let rssKb = 0;
  for (const { stat, status } of sample.processes) {
    // The second field is the program's name in parentheses, which may itself hold both.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // utime and stime are fields 14 and 15; the third field is the first one here.
    cpuSeconds += (whole(fields[11]) + whole(fields[12])) / TICKS_PER_SECOND;
    rssKb += whole(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
  }
  return { cpuSeconds, rssKb };
}

/** CPU seconds between two samples. */
export function cpuSeconds(begin: Sample, end: Sample): number {
  return usageOf(end).cpuSeconds - usageOf(begin).cpuSeconds;
}

/** By how many KB resident memory grew between two samples for each of `connections`. */
export function kbPerConnection(begin: Sample, end: Sample, connections: number): number {
  return (usageOf(end).rssKb - usageOf(begin).rssKb) / connections;
}

/**
 * CPU seconds between two samples that neither the server nor the load client used. What others do
 * in that time disturbs the measurement.
 *
 * @param ownSeconds those of server and load client
 */
export function othersCpuSeconds(begin: Sample, end: Sample, ownSeconds: number): number {
  return Math.max(0, busySeconds(end) - busySeconds(begin) - ownSeconds);
}

/** All but idle and iowait; guests are part of user (`proc_stat(5)`). */
function busySeconds({ machine }: Sample): number {
  const [user, nice, system, , , irq, softirq, steal] = machine.split(/\s+/).slice(1);
  const ticks = [user, nice, system, irq, softirq, steal].map(whole);
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

function whole(digits: string | undefined): number {
  if (digits === undefined || !/^\d+$/.test(digits)) {
    throw new TypeError(`expected a number in /proc, not ${digits}`);
  }
  return Number(digits);
}
