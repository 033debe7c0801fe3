const FIRST = 20_000;
const COUNT = 10_000;

/**
 * Different ports of loopback that nobody listens on.
 *
 * Taken below the ranges from which systems take the source ports of outgoing connections (from
 * 32768 on Linux, 49152 on macOS): a process that is killed and started again on its port must not
 * find it taken by some client meanwhile.
 *
 * @param random a number in [0, 1)
 */
export function freePorts(count: number, random: () => number = Math.random): number[] {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt++) {
    if (attempt === count + 100) throw new Error(`no ${count} free ports from ${FIRST} on`);
    const port = FIRST + Math.floor(random() * COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      found.add(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return [...found];
}
