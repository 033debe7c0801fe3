import { ContractError } from "../../contracts/contract_error.ts";
import {
  type BindingEnvelope,
  environmentOverrides,
  readBindingEnvelope,
} from "../../contracts/transport/binding_envelope.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { CONNECTOR_ENV, GRPC_ENV, TLS_ENV } from "../../contracts/transport/environment.ts";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import { isObject } from "../../contracts/transport/parse.ts";
import { CONNECTOR_PORT } from "../transport/hub_address.ts";
import type { Container, EnvVar, Pod } from "./pod.ts";

/** Name of the container that is added. */
export const CONNECTOR_NAME = "transport-connector";

/** What a connector is made of, and whom it talks to. */
export interface ConnectorSettings {
  readonly image: string;
  readonly imagePullPolicy: string;
  /** The hub, for connectors in a namespace. */
  readonly hubEndpoint: (namespace: string) => string;
  /** A peer, by StepRun and namespace. */
  readonly peerHost: (stepRun: string, namespace: string) => string;
}

/** Everything that is known of a pod's transport. */
export interface Injection {
  readonly namespace: string;
  /** The value of `BUBU_TRANSPORT_BINDING`. */
  readonly binding: string;
  /** `status.upstreamHost` of the binding, where bobrapet or the operator has written it. */
  readonly upstreamHost: string | undefined;
}

/** One operation of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: "add";
  readonly path: string;
  readonly value: unknown;
}

/** Settings that a connector takes from the engram beside it, where they are set. */
const COPIED: readonly string[] = [
  CONNECTOR_ENV.transportSecurityMode,
  CONNECTOR_ENV.connectorGeneration,
  CONNECTOR_ENV.tracePropagation,
  CONNECTOR_ENV.debug,
  ...Object.values(GRPC_ENV),
  TLS_ENV.clientCertFile,
  TLS_ENV.clientKeyFile,
  TLS_ENV.caFile,
  TLS_ENV.hubServerName,
  TLS_ENV.certFile,
  TLS_ENV.keyFile,
  TLS_ENV.requireTls,
  TLS_ENV.clientTlsSecretName,
];

const TRANSPORT_METADATA: readonly string[] = [
  CONNECTOR_ENV.transports,
  CONNECTOR_ENV.transportDriver,
  CONNECTOR_ENV.transportEndpoint,
  CONNECTOR_ENV.transportAudioCodecs,
  CONNECTOR_ENV.transportVideoCodecs,
  CONNECTOR_ENV.transportBinaryTypes,
  CONNECTOR_ENV.transportHeartbeatInterval,
];

/** Whether the pod is one that a connector belongs into, and has none. */
export function wantsConnector({ metadata = {}, spec = {} }: Pod): boolean {
  return metadata.labels?.[LABELS.engram] !== undefined &&
    metadata.annotations?.[ANNOTATIONS.connectorInjected] !== "true" &&
    (spec.containers ?? []).length > 0 &&
    !spec.containers?.some(({ name }) => name === CONNECTOR_NAME);
}

/**
 * The patch that adds a connector to a pod. A pod that has one, or is not an engram's, needs none.
 *
 * @throws {ContractError} when the binding cannot be read: without it a connector could not start
 */
export function injectConnector(
  pod: Pod,
  injection: Injection,
  settings: ConnectorSettings,
): PatchOperation[] {
  const main = pod.spec?.containers?.[0];
  if (!wantsConnector(pod) || main === undefined) return [];
  const envelope = readBindingEnvelope(injection.binding, injection.namespace);
  if (envelope.namespace !== injection.namespace) {
    throw new ContractError(
      `transport binding ${envelope.namespace}/${envelope.name} is of another namespace than the ` +
        `pod's, ${injection.namespace}`,
    );
  }
  return [
    {
      op: "add",
      path: "/spec/containers/-",
      value: connector(pod, main, envelope, injection, settings),
    },
    ...entry(pod.metadata?.annotations, "annotations", ANNOTATIONS.connectorInjected),
    ...entry(pod.metadata?.labels, "labels", LABELS.connector),
  ];
}

function connector(
  pod: Pod,
  main: Container,
  envelope: BindingEnvelope,
  injection: Injection,
  { image, imagePullPolicy, hubEndpoint, peerHost }: ConnectorSettings,
): Container {
  const mounts = (main.volumeMounts ?? []).filter(({ name }) => name.includes("engram-tls"));
  const { namespace } = injection;
  const endpoint = peerOf(pod, injection, peerHost) ?? hubEndpoint(namespace);
  return {
    name: CONNECTOR_NAME,
    image,
    imagePullPolicy,
    command: ["/connector"],
    env: environment(pod, main, envelope, injection.binding, endpoint),
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
    securityContext: securityContext(main),
  };
}

/** Whom a p2p step dials: what the binding says, else the Service of the StepRun after it. */
function peerOf(
  { metadata = {} }: Pod,
  { namespace, upstreamHost }: Injection,
  peerHost: ConnectorSettings["peerHost"],
): string | undefined {
  const { annotations = {} } = metadata;
  if (annotations[ANNOTATIONS.routingMode] !== "p2p") return undefined;
  const [downstream, ...more] = (annotations[ANNOTATIONS.downstreamSteps] ?? "").split(",")
    .map((name) => name.trim()).filter((name) => name !== "");
  const run = identity(metadata, "storyRun");
  if (downstream === undefined || more.length > 0) return undefined;
  return upstreamHost || peerHost(composeName(run, downstream), namespace);
}

function environment(
  { metadata = {} }: Pod,
  main: Container,
  envelope: BindingEnvelope,
  binding: string,
  endpoint: string,
): EnvVar[] {
  const given = new Map((main.env ?? []).map((variable) => [variable.name, variable]));
  const env = new Map<string, EnvVar>();
  const set = (name: string, value: string) => env.set(name, { name, value });
  const copy = (from: string, to = from) => {
    const variable = given.get(from);
    const isSet = variable !== undefined && (variable.valueFrom !== undefined || variable.value);
    if (isSet) env.set(to, { ...variable, name: to });
    return isSet;
  };
  set(CONNECTOR_ENV.executionMode, "streaming");
  set(CONNECTOR_ENV.transportBinding, binding);
  set(CONNECTOR_ENV.engramName, metadata.labels?.[LABELS.engram] ?? "");
  set(CONNECTOR_ENV.storyName, identity(metadata, "story"));
  set(CONNECTOR_ENV.stepName, identity(metadata, "step"));
  set(CONNECTOR_ENV.storyRunId, identity(metadata, "storyRun"));
  set(CONNECTOR_ENV.hubEndpoint, endpoint);
  env.set(CONNECTOR_ENV.podNamespace, {
    name: CONNECTOR_ENV.podNamespace,
    valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
  });
  if (!copy(CONNECTOR_ENV.grpcPort)) set(CONNECTOR_ENV.grpcPort, String(CONNECTOR_PORT));
  for (const name of COPIED) copy(name);
  if (!env.has(TLS_ENV.clientCertFile)) copy(TLS_ENV.certFile, TLS_ENV.clientCertFile);
  if (!env.has(TLS_ENV.clientKeyFile)) copy(TLS_ENV.keyFile, TLS_ENV.clientKeyFile);
  copy(TLS_ENV.caFile, TLS_ENV.hubCaFile);
  for (const name of TRANSPORT_METADATA) copy(name);
  const overrides = environmentOverrides(envelope.binding.settings, new Set(env.keys()));
  for (const [name, value] of overrides) set(name, value);
  // Whatever anybody asks for: there is no connector without TLS.
  set(CONNECTOR_ENV.transportSecurityMode, "tls");
  return [...env.values()];
}

/** bobrapet writes identity as annotations and as labels; labels may be cut to 63 characters. */
function identity(
  { labels, annotations }: NonNullable<Pod["metadata"]>,
  which: "story" | "storyRun" | "step",
): string {
  return annotations?.[ANNOTATIONS[which]] ?? labels?.[LABELS[which]] ?? "";
}

/** The engram's own, without any capability. */
function securityContext({ securityContext }: Container): Record<string, unknown> {
  const own = isObject(securityContext) ? securityContext : {};
  const { add: _, ...capabilities } = isObject(own["capabilities"]) ? own["capabilities"] : {};
  return { ...own, capabilities: { ...capabilities, drop: ["ALL"] } };
}

/** Adding to a map that is not there is an error, so the map is added instead. */
function entry(
  existing: Readonly<Record<string, string>> | undefined,
  map: "annotations" | "labels",
  key: string,
): PatchOperation[] {
  if (existing === undefined) {
    return [{ op: "add", path: `/metadata/${map}`, value: { [key]: "true" } }];
  }
  // RFC 6901: ~ and / of a key are written ~0 and ~1.
  const escaped = key.replaceAll("~", "~0").replaceAll("/", "~1");
  return [{ op: "add", path: `/metadata/${map}/${escaped}`, value: "true" }];
}
