/** Milliseconds of each unit of a `grpc-timeout` header. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Reads a `grpc-timeout` header: at most eight digits and a unit (gRPC over HTTP/2, "Timeout").
 *
 * @returns milliseconds, rounded up; undefined when it is none
 */
export function parseTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  return unit === undefined ? undefined : Math.ceil(Number(match?.[1]) * unit);
}
