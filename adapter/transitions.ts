import type { MappedObject } from "./flux/map_region.ts";

/** A release whose status has changed. */
export interface Transition {
  /** Node id. */
  readonly node: string;
  /** `status state`; absent for a release that is new. */
  readonly from?: string;
  /** `status state`, or `deleted`. */
  readonly to: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What has changed from one map to the next, in the order of the node ids. */
export function transitions(
  before: ReadonlyMap<string, MappedObject>,
  after: ReadonlyMap<string, MappedObject>,
): Transition[] {
  const list: Transition[] = [];
  for (const node of new Set([...before.keys(), ...after.keys()])) {
    const from = wordsOf(before.get(node));
    const now = after.get(node);
    const to = wordsOf(now) ?? "deleted";
    if (from === to) continue;
    const { reason, message } = now?.status ?? {};
    list.push({
      node,
      ...(from === undefined ? {} : { from }),
      to,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    });
  }
  return list.sort((a, b) => a.node < b.node ? -1 : 1);
}

function wordsOf(release: MappedObject | undefined): string | undefined {
  return release && `${release.status.status} ${release.status.state}`;
}
