import { METADATA } from "../../contracts/transport/names.ts";
import type { Packet } from "../../contracts/transport/packet.ts";
import { storyTopology } from "../../contracts/transport/topology.ts";
import type { GraphStep, StoryGraph } from "./story_graph.ts";

/** What happens in a run that its steps may want to know. */
export type HookEvent =
  | { readonly name: "steprun.ready"; readonly step: string }
  | { readonly name: "storyrun.ready" };

/** The run that a hook tells of. */
export interface HookRun {
  readonly namespace: string;
  readonly name: string;
}

/** What tells one hook from another, so that each is emitted once in the life of its run. */
export function hookId(run: HookRun, event: HookEvent): string {
  const id = `${run.namespace}/${run.name}:${event.name}`;
  return event.name === "steprun.ready" ? `${id}:${event.step}` : id;
}

/** The packet of a hook, as the original words it. */
export function hookPacket(run: HookRun, event: HookEvent, timestamp: Date): Packet {
  const step = event.name === "steprun.ready" ? event.step : undefined;
  return {
    metadata: {
      kind: "hook",
      type: event.name,
      source: "hub",
      provider: "hub",
      "hook.event": event.name,
      "hook.source": "hub",
      ...(step === undefined ? {} : { "hook.step": step }),
      [METADATA.messageId]: hookId(run, event),
    },
    payload: {
      kind: "hook",
      type: event.name,
      hook: {
        version: "v1",
        event: event.name,
        source: "hub",
        data: {
          timestamp: timestamp.toISOString(),
          storyRun: { name: run.name, namespace: run.namespace },
          ...(step === undefined ? {} : { step: { name: step } }),
        },
      },
    },
  };
}

/** The engrams that ask for an event: those whose condition names it, in any case. */
export function hookConsumers(graph: StoryGraph, { name }: HookEvent): GraphStep[] {
  return graph.filter(({ step, isPrimitive, isBatch }) =>
    !isPrimitive && !isBatch && step.if?.toLowerCase().includes(name) === true
  );
}

/**
 * The engrams that have to be connected before a run counts as ready: those of a transport that
 * have a stream to the hub. One whose packets go straight to its peer, or whose every packet is a
 * job, never has one, and must not keep the run from being ready.
 */
export function awaitedSteps(graph: StoryGraph): string[] {
  const topology = storyTopology(
    graph.map(({ step }) => step),
    (step) => graph.find((one) => one.step === step)?.settings.routing?.mode,
  );
  const straight = new Set(topology.filter(({ mode }) => mode === "p2p").map(({ id }) => id));
  return graph.filter(({ id, step, isPrimitive, isBatch }) =>
    !isPrimitive && !isBatch && !straight.has(id) && Boolean(step.transport)
  ).map(({ id }) => id);
}
