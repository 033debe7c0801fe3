import { composeName } from "../../contracts/transport/compose_name.ts";
import { labelValue } from "../../contracts/transport/label_value.ts";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import type { JsonObject } from "../../contracts/transport/packet.ts";
import type { StepRun } from "../../contracts/transport/runs.ts";
import type { ParentRun } from "./child_story.ts";

/** Id of the step that fetches stored data for another step's block. */
export function materializerId(target: string): string {
  return composeName("materialize", target);
}

/** The StepRun that has the materialiser of one step run, for as long as the story does. */
export function materializerRun(
  parent: ParentRun,
  story: string,
  target: string,
  engram: string,
): StepRun {
  const stepId = materializerId(target);
  return {
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StepRun",
    metadata: {
      name: composeName(parent.name, stepId),
      namespace: parent.namespace,
      labels: {
        [LABELS.storyRun]: labelValue(parent.name),
        [LABELS.storyName]: labelValue(story),
        [LABELS.materialize]: "true",
      },
      annotations: {
        [ANNOTATIONS.materializePurpose]: "runtime",
        [ANNOTATIONS.materializeTarget]: target,
        [ANNOTATIONS.materializeMode]: "deployment",
      },
      ...(parent.uid === "" ? {} : {
        ownerReferences: [{
          apiVersion: "runs.bubustack.io/v1alpha1",
          kind: "StoryRun",
          name: parent.name,
          uid: parent.uid,
          controller: true,
        }],
      }),
    },
    spec: { storyRunRef: { name: parent.name }, stepId, engramRef: { name: engram } },
  };
}

/** What a materialiser is asked: to evaluate a block whose data it has to fetch first. */
export function materializerRequest(template: JsonObject, vars: JsonObject): JsonObject {
  return { mode: "object", template, vars };
}

/**
 * The inputs that a materialiser made.
 *
 * @throws {Error} when it answered without any
 */
export function materialized(inputs: JsonObject | undefined): JsonObject {
  if (inputs === undefined || Object.keys(inputs).length === 0) {
    throw new Error("the materialiser answered without inputs");
  }
  if (!Object.hasOwn(inputs, "result")) return inputs;
  const { result } = inputs;
  if (typeof result === "object" && result !== null && !Array.isArray(result)) {
    return result as JsonObject;
  }
  throw new Error("the materialiser's result is no object");
}
