/** Whose runs are flows on a router that may show those of several clusters. */
export interface FlowScope {
  /** Names the cluster in the ids of its flows; absent where a router shows one cluster only. */
  readonly cluster: string | undefined;
}

/** Says from the first part of an id what the flow is of. */
const KIND = "storyrun";

/** The id of a run's flow: `storyrun:[<cluster>:]<namespace>:<name>`. */
export function flowIdOf(
  { cluster }: FlowScope,
  { namespace = "", name }: { readonly namespace?: string; readonly name: string },
): string {
  // Neither part can hold a colon: they are DNS names.
  return [KIND, ...(cluster === undefined ? [] : [cluster]), namespace, name].join(":");
}

/** The key (`namespace/name`) of the run whose flow has this id; undefined for any other flow. */
export function runOfFlow({ cluster }: FlowScope, id: string): string | undefined {
  const parts = id.split(":");
  const [namespace, name] = parts.slice(cluster === undefined ? 1 : 2);
  if (namespace === undefined || name === undefined) return undefined;
  return flowIdOf({ cluster }, { namespace, name }) === id ? `${namespace}/${name}` : undefined;
}
