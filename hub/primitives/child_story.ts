import { labelValue } from "../../contracts/transport/label_value.ts";
import { LABELS } from "../../contracts/transport/names.ts";
import { type StoryRun, SUCCESS_PHASES } from "../../contracts/transport/runs.ts";
import type { ChildStory } from "./primitive.ts";
import { runName } from "./run_name.ts";

/** The run that a child belongs to. */
export interface ParentRun {
  readonly name: string;
  readonly namespace: string;
  /** "" outside of a cluster, where nothing owns anything. */
  readonly uid: string;
}

/** Whether a child that ended in this phase lets its packet go on. */
export function succeeded(phase: string): boolean {
  return SUCCESS_PHASES.has(phase);
}

/**
 * The StoryRun of a child.
 *
 * @param token tells the children of one step apart: the id of the packet that starts it, so that
 * a packet that comes twice starts one child, or the time in milliseconds where a packet has none
 */
export function childStoryRun(
  parent: ParentRun,
  step: string,
  child: ChildStory,
  token: string,
): StoryRun {
  return {
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StoryRun",
    metadata: {
      name: runName(parent.name, step, token),
      namespace: parent.namespace,
      labels: {
        [LABELS.parentStoryRun]: labelValue(parent.name),
        [LABELS.parentStep]: labelValue(step),
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
      storyRef: { name: child.story, namespace: child.namespace ?? parent.namespace },
      inputs: child.inputs,
    },
  };
}
