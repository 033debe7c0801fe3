import { ANNOTATIONS, LABELS } from "../../../contracts/transport/names.ts";
import type { Container, Pod } from "../pod.ts";

/** An engram's pod as bobrapet makes it. */
export function engramPod(change: {
  annotations?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  routing?: { mode: string; downstream: string };
  container?: Partial<Container>;
  containers?: readonly Container[];
} = {}): Pod {
  const { routing, container, containers } = change;
  const identity = {
    [LABELS.story]: "voice",
    [LABELS.storyRun]: "run-1",
    [LABELS.step]: "step-a",
  };
  return {
    metadata: {
      name: "run-1-step-a-0",
      namespace: "demo",
      labels: change.labels ?? { ...identity, [LABELS.engram]: "engram-a" },
      annotations: {
        ...identity,
        ...(routing === undefined ? {} : {
          [ANNOTATIONS.routingMode]: routing.mode,
          [ANNOTATIONS.downstreamSteps]: routing.downstream,
        }),
        ...change.annotations,
      },
    },
    spec: { containers: containers ?? [{ name: "engram", image: "engram:1", ...container }] },
  };
}
