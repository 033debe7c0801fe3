import type { KubeObject } from "../../kube/resources.ts";
import { isTime } from "./recording.ts";

/**
 * Moves an object to another time, so that a rollout from the past appears to happen now: every
 * RFC 3339 time in `metadata` and `status` is mapped, and every duration that a controller has
 * measured (a Go duration in a field of `status` named `…Duration`) divided by the speed. Thus what
 * a page computes from them is in step with what it sees arrive.
 *
 * Left alone: `spec`, which is the user's word (timeouts and intervals keep their recorded length),
 * and prose in messages. Mapped times carry milliseconds, where a real API server cuts to seconds:
 * at five times the speed a second is too coarse to measure anything with.
 *
 * @param mapTime old to new, both in milliseconds since the epoch
 * @param speed recorded milliseconds in one played one
 */
export function rebaseTimes(
  object: KubeObject,
  mapTime: (epochMs: number) => number,
  speed: number,
): KubeObject {
  const map = (value: unknown, field: string): unknown => {
    if (typeof value === "string") {
      if (isTime(value)) return new Date(Math.round(mapTime(Date.parse(value)))).toISOString();
      return field.endsWith("Duration") ? scaleGoDuration(value, 1 / speed) : value;
    }
    if (Array.isArray(value)) return value.map((each) => map(each, field));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, map(each, name)]),
    );
  };
  return {
    ...object,
    metadata: map(object.metadata, "metadata") as KubeObject["metadata"],
    ...(object.status === undefined ? {} : { status: map(object.status, "status") }),
  };
}

const SECONDS: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  "µs": 1e-6,
  us: 1e-6,
  ns: 1e-9,
};

/** Multiplies a Go duration such as `1m2.5s`; text that is none comes back as it is. */
export function scaleGoDuration(text: string, factor: number): string {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|µs|us|ns))+$/.test(text)) return text;
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([a-zµ]+)/g)) {
    seconds += Number(number) * (SECONDS[unit ?? ""] ?? 0);
  }
  return `${Number((seconds * factor).toFixed(9))}s`;
}
