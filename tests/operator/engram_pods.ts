/** Pods of engrams as bobrapet makes them, and their connectors as processes. */
import { writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { ANNOTATIONS, LABELS, PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { freePort } from "../cluster/free_port.ts";
import type { Keeper } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { type Program, startProgram } from "../cluster/product.ts";
import type { Authority } from "../cluster/x509.ts";
import { EngramClient } from "../hub/testing/test_connector.ts";

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** The connector of one step, with its engram. */
export interface Sidecar extends Disposable {
  readonly engram: EngramClient;
  readonly program: Program;
}

export interface SidecarOptions {
  readonly plane: ControlPlane;
  readonly keeper: Keeper;
  readonly authority: Authority;
  readonly settings: unknown;
  /** Further variables of this machine: the network. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes the pod of a step, and runs what the webhook put into it: the connector, in the very
 * environment that it got there.
 */
export async function startSidecar(
  run: string,
  step: string,
  { plane, keeper, authority, settings, env }: SidecarOptions,
): Promise<Sidecar> {
  const name = composeName(run, step);
  const { certificate, key } = authority.issue({
    commonName: name,
    usage: "client",
    dnsNames: ["*.demo.svc.cluster.local"],
  });
  const folder = `${keeper.folder}/${name}`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/tls.crt`, certificate);
  await Deno.writeTextFile(`${folder}/tls.key`, key);
  await Deno.writeTextFile(`${folder}/ca.crt`, authority.certificate);
  const port = freePort();
  const engramEnv = {
    BUBU_CONNECTOR_GENERATION: "1",
    BUBU_GRPC_PORT: String(port),
    BUBU_GRPC_CLIENT_CERT_FILE: `${folder}/tls.crt`,
    BUBU_GRPC_CLIENT_KEY_FILE: `${folder}/tls.key`,
    BUBU_GRPC_CA_FILE: `${folder}/ca.crt`,
    BUBU_GRPC_RECONNECT_BASE_BACKOFF: "100ms",
    BUBU_GRPC_RECONNECT_MAX_BACKOFF: "500ms",
  };
  const identity = {
    [LABELS.story]: "voice",
    [LABELS.storyRun]: run,
    [LABELS.step]: step,
  };
  const pod = await plane.admin.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "demo",
      labels: { ...identity, [LABELS.engram]: step },
      annotations: {
        ...identity,
        [ANNOTATIONS.binding]: writeBindingEnvelope({
          name: composeName(run, step, "transport"),
          namespace: "demo",
          binding: {
            transportRef: "livekit-default",
            driver: "bobravoz-grpc",
            endpoint: `127.0.0.1:${port}`,
            audioCodecs: [],
            videoCodecs: [],
            binaryTypes: [],
            protocolVersion: PROTOCOL_VERSION,
            settings,
          },
        }),
      },
    },
    spec: {
      containers: [{
        name: "engram",
        image: "engram:1",
        env: Object.entries(engramEnv).map(([name, value]) => ({ name, value })),
      }],
    },
  } as KubeObject);
  const http = `127.0.0.1:${freePort()}`;
  const program = await startProgram(keeper, {
    name,
    task: "connector",
    main: "hub/connector/main.ts",
    env: {
      ...connectorEnvironment(pod),
      // What a kubelet fills in, and what is this machine's.
      BUBU_POD_NAMESPACE: "demo",
      CONNECTOR_HTTP_LISTEN_ADDR: http,
      CONNECTOR_PEER_LISTEN_ADDR: "off",
      ...env,
    },
    probe: `http://${http}/healthz`,
  });
  const engram = new EngramClient(port);
  return { engram, program, [Symbol.dispose]: () => engram[Symbol.dispose]() };
}

function connectorEnvironment(pod: KubeObject): Record<string, string> {
  const { containers } = pod["spec"] as { readonly containers: readonly Container[] };
  const connector = containers.find(({ name }) => name === "transport-connector");
  if (connector === undefined) throw new Error(`${pod.metadata.name} has no connector`);
  return Object.fromEntries(
    (connector.env ?? []).flatMap(({ name, value }) => value === undefined ? [] : [[name, value]]),
  );
}
