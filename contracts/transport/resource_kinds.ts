/** Where the API server serves the kinds that bobrapet owns; none of them is installed from here. */
export const RESOURCES = {
  StoryRun: { group: "runs.bubustack.io", version: "v1alpha1", resource: "storyruns" },
  StepRun: { group: "runs.bubustack.io", version: "v1alpha1", resource: "stepruns" },
  Story: { group: "bubustack.io", version: "v1alpha1", resource: "stories" },
  Engram: { group: "bubustack.io", version: "v1alpha1", resource: "engrams" },
  EngramTemplate: {
    group: "catalog.bubustack.io",
    version: "v1alpha1",
    resource: "engramtemplates",
  },
  Transport: { group: "transport.bubustack.io", version: "v1alpha1", resource: "transports" },
  TransportBinding: {
    group: "transport.bubustack.io",
    version: "v1alpha1",
    resource: "transportbindings",
  },
} as const;

export type Kind = keyof typeof RESOURCES;

/** Kinds that belong to no namespace. */
export const CLUSTER_KINDS: ReadonlySet<Kind> = new Set(["EngramTemplate", "Transport"]);
