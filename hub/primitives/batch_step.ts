import { ContractError } from "../../contracts/contract_error.ts";
import { labelValue } from "../../contracts/transport/label_value.ts";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import type { JsonObject } from "../../contracts/transport/packet.ts";
import type { StepRun } from "../../contracts/transport/runs.ts";
import type { ParentRun } from "./child_story.ts";
import { runName } from "./run_name.ts";

/** Largest input of a job, as JSON: an object of the API server holds little more. */
const MAX_INPUT_BYTES = 1024 * 1024;

/** A step whose every packet is a job. */
export interface BatchStep {
  readonly story: string;
  readonly step: string;
  readonly engram: string;
  /** The step that put the packet out. */
  readonly upstream: string;
}

/**
 * The StepRun of one packet.
 *
 * @param token tells the jobs of one step apart, as for children
 * @throws {ContractError} when the input is too large for an object
 */
export function batchStepRun(
  parent: ParentRun,
  { story, step, engram, upstream }: BatchStep,
  input: JsonObject,
  token: string,
): StepRun {
  const bytes = new TextEncoder().encode(JSON.stringify(input)).length;
  if (bytes > MAX_INPUT_BYTES) {
    throw new ContractError(`step "${step}": inputs of ${bytes} bytes are too large for a job`);
  }
  return {
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StepRun",
    metadata: {
      name: runName(parent.name, step, token),
      namespace: parent.namespace,
      labels: {
        [LABELS.storyRun]: labelValue(parent.name),
        [LABELS.storyName]: labelValue(story),
        [LABELS.hybrid]: "true",
      },
      annotations: {
        [ANNOTATIONS.upstreamStep]: upstream,
        [ANNOTATIONS.inputsResolved]: "true",
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
    spec: {
      storyRunRef: { name: parent.name },
      stepId: step,
      engramRef: { name: engram },
      input,
    },
  };
}

/** What a job put out as the payload of a packet: an object, or one whose `result` it is. */
export function jobOutput(output: unknown): JsonObject | undefined {
  if (output === undefined || output === null) return undefined;
  if (typeof output === "object" && !Array.isArray(output)) return output as JsonObject;
  return { result: output };
}
