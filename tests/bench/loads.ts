import { BenchError } from "./errors.ts";

/** A number of streams and what is published to all of them. */
export interface Load {
  readonly subscribers: number;
  /** Messages a second. */
  readonly rate: number;
}

/** The loads of the table. */
export const LOADS: readonly Load[] = [
  { subscribers: 100, rate: 400 },
  { subscribers: 1000, rate: 40 },
  { subscribers: 1000, rate: 300 },
  { subscribers: 1000, rate: 1000 },
  { subscribers: 5000, rate: 40 },
];

/** What `--quick` measures of them: one where every server keeps up and one where few do. */
export const QUICK_LOADS: readonly Load[] = [
  { subscribers: 100, rate: 400 },
  { subscribers: 1000, rate: 1000 },
];

/** A load as the tables name it. */
export function formatLoad({ subscribers, rate }: Load): string {
  return `${subscribers} × ${rate}`;
}

/**
 * Reads loads such as `100x400,1000x40`.
 *
 * @throws {BenchError} `usage`
 */
export function parseLoads(text: string): Load[] {
  return text.split(",").map((part) => {
    const match = /^\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*$/.exec(part);
    const subscribers = Number(match?.[1]);
    const rate = Number(match?.[2]);
    if (subscribers >= 1 && subscribers <= 50_000 && rate >= 1 && rate <= 50_000) {
      return { subscribers, rate };
    }
    throw new BenchError(
      "usage",
      `a load is subscribers x messages a second, such as 1000x300, not ${JSON.stringify(part)}`,
    );
  });
}
