/** Which hub carries a run. */
export type Owner =
  | { readonly at: "here" }
  | { readonly at: "elsewhere"; readonly endpoint: string }
  /** Not placed yet, or between two. */
  | { readonly at: "unknown"; readonly why: string };

/** Where runs are pinned, as far as this hub has seen. */
export interface Placement {
  /** What streams are sent to that this hub carries. */
  readonly self: string;
  ownerOf(namespace: string, storyRun: string): Owner;
  /** Up to where the placement of a run was seen; of two that are known the later one holds. */
  versionOf(namespace: string, storyRun: string): string;
  /**
   * Takes the word of another hub that it has the run, unless this one has seen as much: its view may
   * be an old one, when it is cut off from the API server. It holds until more is seen.
   */
  learn(namespace: string, storyRun: string, owner: string, version: string): void;
  /** Who had a run before this hub, once for each time that it came here. */
  takeFormer(namespace: string, storyRun: string): string | undefined;
  /** Tells of runs whose owner may be another than before. Returns the way to stop it. */
  onChange(listener: (namespace: string, storyRun: string) => void): () => void;
}

/**
 * The owner of a run by the endpoints of its bindings. A run that is on its way from one hub to
 * another, binding by binding, has none: of all hubs that see the same bindings at most one takes
 * its streams.
 *
 * @param endpoints `status.endpoint` of each binding of the run; blank ones say nothing
 * @param self this hub's
 */
export function ownerBy(endpoints: readonly (string | undefined)[], self: string): Owner {
  const [first, ...others] = new Set(endpoints.filter((one) => one !== undefined && one !== ""));
  if (first === undefined) return { at: "unknown", why: "no hub is assigned to the run yet" };
  if (others.length > 0) return { at: "unknown", why: "the run is being moved to another hub" };
  return first === self ? { at: "here" } : { at: "elsewhere", endpoint: first };
}
