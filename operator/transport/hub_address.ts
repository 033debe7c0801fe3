/** Where the hub is found, as far as it is set. */
export interface HubAddress {
  /** Verbatim, before all else (`BUBU_HUB_ENDPOINT`). */
  readonly endpoint?: string | undefined;
  readonly serviceName: string;
  /** The workload's own namespace when absent. */
  readonly serviceNamespace?: string | undefined;
  /** With the `svc.` part, such as `svc.cluster.local`. */
  readonly clusterDomain: string;
  readonly port: number;
}

/** Port at which a connector serves its peers. */
export const CONNECTOR_PORT = 50051;

/** What the connectors in a namespace dial. */
export function hubEndpoint(hub: HubAddress, workloadNamespace: string): string {
  if (hub.endpoint !== undefined) return hub.endpoint;
  const { serviceName, serviceNamespace = workloadNamespace, clusterDomain, port } = hub;
  return `${serviceName}.${serviceNamespace}.${clusterDomain}:${port}`;
}

/** What a peer dials: a Service named like the StepRun. */
export function peerHost(hub: HubAddress, stepRun: string, namespace: string): string {
  return `${stepRun}.${namespace}.${hub.clusterDomain}:${CONNECTOR_PORT}`;
}
