import { composeName } from "../../contracts/transport/compose_name.ts";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import type { TransportBinding } from "../../contracts/transport/resources.ts";
import type { ObjectMeta } from "../../kube/resources.ts";
import { type ConditionSpec, findCondition, setConditions } from "../../kube/conditions.ts";
import type { DecisionContext, Write } from "./decision.ts";
import { REASONS } from "./run_conditions.ts";
import type { StepRoute } from "./run_topology.ts";

const RESOLVED = "Transport binding resolved";
const RESOLVING = "Resolving transport endpoints";

/**
 * Whether a binding's `Ready` is the connector's word and not ours: from then on it is the
 * connector's alone.
 */
function connectorHasSpoken({ status }: TransportBinding): boolean {
  const ready = findCondition(status?.conditions, "Ready");
  return ready !== undefined && ready.message !== RESOLVED && ready.message !== RESOLVING;
}

/** Whether the connector of a binding says that it is there. */
export function connectorIsUp(binding: TransportBinding): boolean {
  return connectorHasSpoken(binding) &&
    findCondition(binding.status?.conditions, "Ready")?.status === "True";
}

/**
 * The writes that bring a step's binding to what it should say; none when it does.
 *
 * @param endpoint of the hub; "" while there is none
 */
export function bindingWrites(
  route: StepRoute,
  binding: TransportBinding,
  run: ObjectMeta,
  endpoint: string,
  context: DecisionContext,
): Write[] {
  return [
    // Before the annotations: once they stand, the hosts count as decided, too.
    ...statusWrites(route, binding, run, endpoint, context),
    ...annotationWrites(route, binding),
  ];
}

/** Ours only where bobrapet has said nothing when it made the binding. */
function annotationWrites({ wasDecided, mode, downstream }: StepRoute, binding: TransportBinding) {
  if (wasDecided) return [];
  const write: Write = {
    verb: "apply",
    kind: "TransportBinding",
    object: binding.metadata as ObjectMeta,
    body: {
      metadata: {
        annotations: {
          [ANNOTATIONS.routingMode]: mode,
          ...(downstream.length === 0
            ? {}
            : { [ANNOTATIONS.downstreamSteps]: downstream.join(",") }),
        },
      },
    },
  };
  return [write];
}

function statusWrites(
  { mode, why, downstream, wasDecided, hasP2pUpstream, id }: StepRoute,
  binding: TransportBinding,
  run: ObjectMeta,
  endpoint: string,
  { now, peerHost }: DecisionContext,
): Write[] {
  const { metadata, status = {} } = binding;
  const namespace = metadata.namespace ?? "";
  const specs: ConditionSpec[] = [{
    type: "Routed",
    status: "True",
    reason: mode === "p2p" ? "PeerToPeer" : "HubMediated",
    message: why,
  }];
  // bobrapet makes no pod before Ready, so it has to be said before there is a connector.
  if (!connectorHasSpoken(binding)) {
    specs.push(
      endpoint === ""
        ? { type: "Ready", status: "False", reason: REASONS.reconciling, message: RESOLVING }
        : { type: "Ready", status: "True", reason: REASONS.ready, message: RESOLVED },
    );
  }
  const before = status.conditions ?? [];
  const conditions = setConditions(before, specs, { now, generation: metadata.generation });
  const host = (step: string) => peerHost(composeName(run.name, step), namespace);
  const [next] = downstream;
  const wanted = {
    endpoint,
    observedGeneration: metadata.generation,
    ...(wasDecided || mode !== "p2p" || next === undefined || status.upstreamHost
      ? {}
      : { upstreamHost: host(next) }),
    ...(wasDecided || !hasP2pUpstream || status.downstreamHost ? {} : { downstreamHost: host(id) }),
  };
  const changed = Object.entries(wanted).filter(([key, value]) =>
    value !== undefined && status[key] !== value
  );
  if (changed.length === 0 && conditions === before) return [];
  return [{
    verb: "merge",
    kind: "TransportBinding",
    object: metadata as ObjectMeta,
    subresource: "status",
    body: {
      status: {
        ...Object.fromEntries(changed),
        ...(conditions === before ? {} : { conditions }),
      },
    },
  }];
}
