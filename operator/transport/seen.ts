import type { z } from "zod";
import type { Engram, Transport, TransportBinding } from "../../contracts/transport/resources.ts";
import type { StepRun, StoryRun } from "../../contracts/transport/runs.ts";
import type { Story } from "../../contracts/transport/story.ts";
import type { GroupVersionResource, KubeObject, ObjectMeta } from "../../kube/resources.ts";

/** What is read and written, as bobrapet serves it. */
export const RESOURCES = {
  StoryRun: { group: "runs.bubustack.io", version: "v1alpha1", resource: "storyruns" },
  StepRun: { group: "runs.bubustack.io", version: "v1alpha1", resource: "stepruns" },
  Story: { group: "bubustack.io", version: "v1alpha1", resource: "stories" },
  Engram: { group: "bubustack.io", version: "v1alpha1", resource: "engrams" },
  Transport: { group: "transport.bubustack.io", version: "v1alpha1", resource: "transports" },
  TransportBinding: {
    group: "transport.bubustack.io",
    version: "v1alpha1",
    resource: "transportbindings",
  },
} as const satisfies Record<string, GroupVersionResource>;

export type Kind = keyof typeof RESOURCES;

/**
 * An object as it was seen. One that does not fit its schema is kept, too: it may have to be let go
 * of, and somebody should be told what is wrong with it.
 */
export type Seen<T> =
  | { readonly metadata: ObjectMeta; readonly value: T; readonly problem?: never }
  | { readonly metadata: ObjectMeta; readonly value?: never; readonly problem: string };

/** Everything that is known of a run and what it consists of. */
export interface SeenRun {
  readonly run: Seen<StoryRun>;
  /** Undefined when there is none. */
  readonly story: Seen<Story> | undefined;
  /** `namespace/name` that the run points at. */
  readonly storyKey: string;
  readonly bindings: readonly Seen<TransportBinding>[];
  readonly stepRuns: readonly Seen<StepRun>[];
  /** By name; cluster-scoped. */
  readonly transport: (name: string) => Seen<Transport> | undefined;
  readonly engram: (namespace: string, name: string) => Seen<Engram> | undefined;
}

/** Reads objects by a schema; never throws. */
export function seenBy<S extends z.ZodType>(schema: S): (object: KubeObject) => Seen<z.output<S>> {
  return (object) => {
    const metadata = leanMeta(object.metadata);
    const result = schema.safeParse({ ...object, metadata });
    if (result.success) return { metadata, value: result.data };
    const issue = result.error.issues[0];
    return { metadata, problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}` };
  };
}

/** managedFields are often the larger half of an object, and nobody here reads them. */
function leanMeta(meta: ObjectMeta & { readonly managedFields?: unknown }): ObjectMeta {
  const { managedFields: _, ...rest } = meta;
  return rest;
}
