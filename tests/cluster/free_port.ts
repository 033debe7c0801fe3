import { freePorts } from "../../story/run/free_port.ts";

/**
 * A TCP port on 127.0.0.1 that nobody listens on.
 *
 * @param random A number in [0, 1).
 */
export function freePort(random: () => number = Math.random): number {
  return freePorts(1, random)[0]!;
}
