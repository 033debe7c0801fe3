import { deepEqual } from "./deep_equal.ts";
import type { KubeObject } from "./kube_object.ts";
import type { RecordedEvent } from "./recording.ts";

/** One request to the API server. `object` is the recorded state that it leads to. */
export type Step =
  | { readonly do: "create"; readonly object: KubeObject }
  /** Spec, labels, annotations and finalizers: everything a client may change but the status. */
  | { readonly do: "change"; readonly object: KubeObject }
  | { readonly do: "status"; readonly object: KubeObject }
  /** With finalizers left, the object stays and gets a deletionTimestamp. */
  | { readonly do: "delete"; readonly object: KubeObject };

/**
 * The requests that take an object from its recorded state `before` (undefined: there is none) to
 * the one of the event. A real API server that gets them delivers the recorded events again.
 */
export function stepsOf(before: KubeObject | undefined, event: RecordedEvent["event"]): Step[] {
  const { type, object } = event;
  if (type === "DELETED") {
    // An object that waits for its finalizers goes when the last of them does.
    const waits = before?.metadata.deletionTimestamp !== undefined &&
      finalizersOf(before).length > 0;
    if (!waits) return [{ do: "delete", object }];
    const { finalizers: _, ...metadata } = object.metadata;
    return [{ do: "change", object: { ...object, metadata } }];
  }
  const steps: Step[] = [];
  if (before === undefined) {
    steps.push({ do: "create", object });
  } else if (!deepEqual(desired(before), desired(object))) {
    steps.push({ do: "change", object });
  }
  if (before?.metadata.deletionTimestamp === undefined && object.metadata.deletionTimestamp) {
    steps.push({ do: "delete", object });
  }
  // A new object's status is what the CRD's defaults make of it, unless a controller was quicker.
  if (!deepEqual(before?.status ?? NEW_STATUS, object.status)) {
    steps.push({ do: "status", object });
  }
  return steps;
}

/** The default that Flux's CRDs give to `status`. */
const NEW_STATUS = { observedGeneration: -1 };

/** What a client decides about an object, by field. */
export function desired(object: KubeObject): Record<string, unknown> {
  const { labels = {}, annotations = {} } = object.metadata;
  return { spec: object.spec, labels, annotations, finalizers: finalizersOf(object) };
}

function finalizersOf({ metadata: { finalizers = [] } }: KubeObject): readonly string[] {
  return finalizers;
}
