import type { HubLoad } from "./results.ts";

/** The parts of the bench, in the order in which they run. */
export const SECTIONS = ["speed", "plaintext", "rate"] as const;
export type Section = typeof SECTIONS[number];

const STREAMS = [1, 64];
/** Messages a second at which every hub keeps up on one core with some to spare. */
const RATE = 5_000;

/** What is measured in each part. */
export const LOADS: Readonly<Record<Section, readonly HubLoad[]>> = {
  speed: [100, 1024].flatMap((size) =>
    STREAMS.map((streams) => ({ streams, size, tls: true, rate: 0 }))
  ),
  plaintext: STREAMS.map((streams) => ({ streams, size: 100, tls: false, rate: 0 })),
  rate: STREAMS.map((streams) => ({ streams, size: 100, tls: true, rate: RATE })),
};

/** What `--quick` measures: one stream of small messages. */
export const QUICK_LOADS: typeof LOADS = {
  speed: LOADS.speed.slice(0, 1),
  plaintext: LOADS.plaintext.slice(0, 1),
  rate: LOADS.rate.slice(0, 1),
};

/** A load as the progress of a run names it. */
export function formatLoad({ streams, size, tls, rate }: HubLoad): string {
  const how = rate === 0 ? "at full speed" : `at ${rate.toLocaleString("en")}/s`;
  return `${streams} × ${size} B ${how}${tls ? "" : " without TLS"}`;
}
