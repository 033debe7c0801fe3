import type { NodeRow } from "./node_row.ts";

/** The keys of all that has failed. */
export function failedKeys(rows: Iterable<NodeRow>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const row of rows) if (row.phase === "failed") keys.add(row.key);
  return keys;
}

/** Most failures that are told by name. */
const NAMED = 3;

/**
 * What to say aloud about nodes that have failed since `before`; undefined when none has. Many at
 * once become a number: nobody listens to fifty sentences.
 */
export function failureNews(
  before: ReadonlySet<string>,
  rows: readonly NodeRow[],
): string | undefined {
  const news = rows.filter(({ phase, key }) => phase === "failed" && !before.has(key));
  if (news.length === 0) return undefined;
  if (news.length > NAMED) return `${news.length} nodes failed`;
  return news.map(({ label, region, reason }) =>
    `${label}${region ? ` in ${region}` : ""} failed${reason ? `: ${reason}` : ""}`
  ).join(". ");
}
