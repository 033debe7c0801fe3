import { envelopeOf, writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { CONNECTOR_ENV, GRPC_ENV, TLS_ENV } from "../../contracts/transport/environment.ts";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import type { LocalPlan, PlannedStep } from "../plan/run_plan.ts";
import { injectConnector } from "../../operator/webhook/inject_connector.ts";
import type { EnvVar, Pod } from "../../operator/webhook/pod.ts";

/** Where the files of one step are. */
export interface StepFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** What differs from cluster to machine: places and files. */
export interface StepPlaces {
  /** Where the step's connector serves its engram. */
  readonly port: number;
  /** Where its connector serves those of the steps before it. */
  readonly peerPort: number;
  /** Where its connector tells what it has counted; absent when nobody asks. */
  readonly httpPort?: number;
  /** `host:port` of the hub. */
  readonly hub: string;
  /** `host:port` at which a peer's connector dials a step, by id. */
  readonly peer: (step: string) => string;
  readonly files: StepFiles;
}

/** Environments of an engram and of the connector beside it. */
export interface StepEnvironment {
  readonly engram: Readonly<Record<string, string>>;
  readonly connector: Readonly<Record<string, string>>;
}

/** Packets that wait in a connector either way: so few that what a Story says shows in seconds. */
const CONNECTOR_MESSAGES = 32;

/**
 * What a step's processes are told: the engram what bobrapet writes into its pod, the connector what
 * the operator's webhook makes of that pod. Then come the few settings that one machine needs: all
 * connectors share its loopback, so that their ports are said instead of assumed.
 */
export function stepEnvironment(
  plan: LocalPlan,
  step: PlannedStep,
  places: StepPlaces,
): StepEnvironment {
  const { namespace, storyRun, file: { story } } = plan;
  const stepRun = composeName(storyRun, step.id);
  const engramName = step.engramName ?? "";
  const binding = writeBindingEnvelope(envelopeOf({
    metadata: { name: composeName(storyRun, step.id, "transport"), namespace },
    spec: {
      transportRef: transportRef(plan, step),
      driver: "grpc",
      stepName: step.id,
      storyRunRef: { name: storyRun },
      connectorEndpoint: `127.0.0.1:${places.port}`,
      rawSettings: step.settings,
    },
  }));
  const engram: Record<string, string> = {
    [CONNECTOR_ENV.executionMode]: "streaming",
    [CONNECTOR_ENV.transportBinding]: binding,
    [CONNECTOR_ENV.engramName]: engramName,
    [CONNECTOR_ENV.storyName]: story.metadata.name,
    [CONNECTOR_ENV.stepName]: step.id,
    [CONNECTOR_ENV.storyRunId]: storyRun,
    [CONNECTOR_ENV.stepRunName]: stepRun,
    [CONNECTOR_ENV.stepRunNamespace]: namespace,
    [CONNECTOR_ENV.podNamespace]: namespace,
    [CONNECTOR_ENV.podName]: stepRun,
    [CONNECTOR_ENV.connectorGeneration]: "1",
    [CONNECTOR_ENV.grpcPort]: String(places.port),
    [TLS_ENV.clientCertFile]: places.files.certificate,
    [TLS_ENV.clientKeyFile]: places.files.key,
    [TLS_ENV.certFile]: places.files.certificate,
    [TLS_ENV.keyFile]: places.files.key,
    [TLS_ENV.caFile]: places.files.authority,
    // Nothing is far away, and somebody is watching.
    [GRPC_ENV.reconnectBaseBackoff]: "50ms",
    [GRPC_ENV.reconnectMaxBackoff]: "500ms",
    [GRPC_ENV.reconnectMaxRetries]: "-1",
    [GRPC_ENV.gracefulShutdownTimeout]: "2s",
  };
  const { mode, downstream } = step.topology;
  const pod: Pod = {
    metadata: {
      name: stepRun,
      namespace,
      labels: { [LABELS.engram]: engramName },
      annotations: {
        [ANNOTATIONS.story]: story.metadata.name,
        [ANNOTATIONS.storyRun]: storyRun,
        [ANNOTATIONS.step]: step.id,
        [ANNOTATIONS.binding]: binding,
        [ANNOTATIONS.routingMode]: mode,
        [ANNOTATIONS.downstreamSteps]: downstream.join(","),
      },
    },
    spec: {
      containers: [{
        name: "engram",
        env: Object.entries(engram).map(([name, value]) => ({ name, value })),
      }],
    },
  };
  return {
    engram,
    connector: {
      ...connectorOf(pod, plan, step, places, binding),
      CONNECTOR_ROUTING: mode,
      ...peersOf(plan, step, places),
      CONNECTOR_HTTP_LISTEN_ADDR: places.httpPort === undefined
        ? "off"
        : `127.0.0.1:${places.httpPort}`,
      // There is no TransportBinding to tell.
      CONNECTOR_REPORTS: "false",
      CONNECTOR_BUFFER_MAX_MESSAGES: String(CONNECTOR_MESSAGES),
    },
  };
}

/** Who may bring packets straight to a step. */
function peersOf(
  { edges }: LocalPlan,
  { id }: PlannedStep,
  { peerPort }: StepPlaces,
): Record<string, string> {
  const peers = edges.filter(({ to, mode }) => to === id && mode === "p2p");
  if (peers.length === 0) return { CONNECTOR_PEER_LISTEN_ADDR: "off" };
  return {
    CONNECTOR_PEER_LISTEN_ADDR: `127.0.0.1:${peerPort}`,
    CONNECTOR_PEER_STEPS: peers.map(({ from }) => from).join(","),
  };
}

function connectorOf(
  pod: Pod,
  { namespace }: LocalPlan,
  { topology: { downstream } }: PlannedStep,
  { hub, peer }: StepPlaces,
  binding: string,
): Record<string, string> {
  const patch = injectConnector(pod, { namespace, binding, upstreamHost: undefined }, {
    image: "",
    imagePullPolicy: "",
    hubEndpoint: () => hub,
    peerHost: () => peer(downstream[0] ?? ""),
  });
  const container = patch.find(({ path }) => path === "/spec/containers/-")?.value;
  const { env = [] } = (container ?? {}) as { env?: readonly EnvVar[] };
  return Object.fromEntries(
    // Of fields of the pod there is one alone: its namespace.
    env.map(({ name, value }) => [name, value ?? namespace]),
  );
}

function transportRef({ file: { story } }: LocalPlan, { step }: PlannedStep): string {
  return story.spec.transports.find(({ name }) => name === step.transport)?.transportRef ?? "";
}
