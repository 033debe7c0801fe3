import { composeName } from "../../../contracts/transport/compose_name.ts";
import { ANNOTATIONS } from "../../../contracts/transport/names.ts";
import type { KubeObject, ObjectMeta } from "../../../kube/resources.ts";
import type { Condition } from "../../../kube/conditions.ts";

/** A step of a test's Story; an engram unless it has a type. */
export type Step = { readonly name: string } & Readonly<Record<string, unknown>>;

/** Two plain steps in a row: the connectors talk to each other. */
export const CHAIN: readonly Step[] = [{ name: "step-a" }, { name: "step-b", needs: ["step-a"] }];

/** Two steps that do not name each other: all through the hub. */
export const UNLINKED: readonly Step[] = [{ name: "step-a" }, { name: "step-b" }];

export function story(
  steps: readonly Step[] = CHAIN,
  change: { annotations?: Record<string, string>; pattern?: string; spec?: object } = {},
): KubeObject {
  return {
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Story",
    metadata: {
      name: "voice",
      namespace: "demo",
      ...(change.annotations === undefined ? {} : { annotations: change.annotations }),
    },
    spec: {
      pattern: change.pattern ?? "realtime",
      steps: steps.map((step) => ("type" in step ? step : { ref: { name: step.name }, ...step })),
      ...change.spec,
    },
  };
}

export function run(name = "run-1", metadata: Partial<ObjectMeta> = {}): KubeObject {
  return {
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StoryRun",
    metadata: {
      name,
      namespace: "demo",
      generation: 1,
      creationTimestamp: "2025-12-31T23:00:00Z",
      ...metadata,
    },
    spec: { storyRef: { name: "voice" } },
  };
}

/** As bobrapet makes it. */
export function binding(
  step: string,
  change: {
    run?: string;
    routing?: { mode: string; downstream?: string };
    rawSettings?: unknown;
    spec?: object;
  } = {},
): KubeObject {
  const { run: runName = "run-1", routing, rawSettings } = change;
  return {
    apiVersion: "transport.bubustack.io/v1alpha1",
    kind: "TransportBinding",
    metadata: {
      name: composeName(runName, step, "transport"),
      namespace: "demo",
      generation: 1,
      ...(routing === undefined ? {} : {
        annotations: {
          [ANNOTATIONS.routingMode]: routing.mode,
          ...(routing.downstream === undefined
            ? {}
            : { [ANNOTATIONS.downstreamSteps]: routing.downstream }),
        },
      }),
    },
    spec: {
      transportRef: "livekit-default",
      driver: "bobravoz-grpc",
      storyRunRef: { name: runName, namespace: "demo" },
      stepName: step,
      engramName: composeName(runName, step),
      connectorEndpoint: "127.0.0.1:50051",
      ...(rawSettings === undefined ? {} : { rawSettings }),
      ...change.spec,
    },
  };
}

/** The Ready condition as a connector writes it. */
export function connectorReady(status: "True" | "False" = "True"): Condition {
  return {
    type: "Ready",
    status,
    reason: status === "True" ? "TransportReady" : "Reconciling",
    message: status === "True" ? "Connector reported negotiated codecs" : "connector shutting down",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
}
