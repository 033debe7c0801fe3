/**
 * A TCP port on 127.0.0.1 that nobody listens on.
 *
 * Taken below the ranges from which systems take the source ports of outgoing connections (from
 * 32768 on Linux, 49152 on macOS): a server that is killed and started again on its port must not
 * find it taken by some client meanwhile.
 *
 * @param random A number in [0, 1).
 */
export function freePort(random: () => number = Math.random): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = FIRST + Math.floor(random() * COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + COUNT}`);
}

const FIRST = 20_000;
const COUNT = 10_000;
