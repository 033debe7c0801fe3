import { createHash } from "node:crypto";
import { LABELS } from "../../contracts/transport/names.ts";
import { type StoryRun, SUCCESS_PHASES } from "../../contracts/transport/runs.ts";
import type { ChildStory } from "./primitive.ts";

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

/** Longest name of a resource (RFC 1123 subdomain). */
const MAX_NAME = 253;

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
      name: childName(parent.name, step, token),
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

/** `<run>-<step>-<token>`; what is no name, or too long for one, ends in a hash of all three. */
function childName(run: string, step: string, token: string): string {
  const name = `${run}-${step}-${token}`;
  if (name.length <= MAX_NAME && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) return name;
  const hash = createHash("sha1").update([run, step, token].join("\0")).digest("hex").slice(0, 8);
  const prefix = `${run}-${step}`.slice(0, MAX_NAME - 9).replace(/[-.]+$/, "");
  return `${prefix}-${hash}`;
}

/** Values of labels have at most 63 characters. */
function labelValue(text: string): string {
  return text.slice(0, 63).replace(/[-._]+$/, "");
}
