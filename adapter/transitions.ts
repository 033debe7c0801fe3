import type { MappedObject } from "./flux/map_region.ts";
import type { ObjectStatus } from "./flux/object_status.ts";

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
  for (const [node, { status }] of after) {
    const old = before.get(node)?.status;
    // Of thousands, most have not even been looked at again.
    if (old === status) continue;
    const from = old && wordsOf(old);
    const to = wordsOf(status);
    if (from === to) continue;
    const { reason, message } = status;
    list.push({
      node,
      ...(from === undefined ? {} : { from }),
      to,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    });
  }
  for (const [node, { status }] of before) {
    if (!after.has(node)) list.push({ node, from: wordsOf(status), to: "deleted" });
  }
  return list.sort((a, b) => a.node < b.node ? -1 : 1);
}

function wordsOf({ status, state }: ObjectStatus): string {
  return `${status} ${state}`;
}
