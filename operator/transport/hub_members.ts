import { z } from "zod";
import type { Clock } from "../../contracts/clock.ts";
import type { KubeFetch } from "../../kube/client.ts";
import { Informer } from "../../kube/informer.ts";
import type { ReflectorState } from "../../kube/reflector.ts";
import { type Seen, seenBy } from "../../kube/seen.ts";

/** Where EndpointSlices are served. */
export const ENDPOINT_SLICES = {
  group: "discovery.k8s.io",
  version: "v1",
  resource: "endpointslices",
} as const;

/** What is read of a `discovery.k8s.io/v1` EndpointSlice. Lists may be null in JSON that Go wrote. */
const endpointSliceSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  endpoints: z.array(z.looseObject({
    hostname: z.string().optional(),
    conditions: z.looseObject({
      ready: z.boolean().nullish(),
      serving: z.boolean().nullish(),
      terminating: z.boolean().nullish(),
    }).optional(),
  })).nullish(),
  ports: z.array(z.looseObject({
    name: z.string().nullish(),
    port: z.int().nullish(),
  })).nullish(),
});

export type EndpointSlice = z.output<typeof endpointSliceSchema>;

/** The headless Service of the hub's replicas. */
export interface MembersService {
  readonly name: string;
  readonly namespace: string;
  /** Domain of Services, such as `svc.cluster.local`. */
  readonly clusterDomain: string;
}

/** Name of the port that hubs speak gRPC on. */
const GRPC_PORT = "grpc";

/**
 * The endpoints of the replicas that take streams, in a stable order: `<pod>.<service>.<namespace>…`,
 * names that a certificate can have and that a pod keeps when it restarts.
 *
 * `serving` and not `ready`, because a Service that publishes the names of pods which are not ready
 * yet says `ready` of all of them.
 */
export function readyMembers(
  slices: readonly EndpointSlice[],
  { name, namespace, clusterDomain }: MembersService,
): readonly string[] {
  const found = slices.flatMap(({ endpoints, ports }) => {
    const port = ports?.find((one) => one.name === GRPC_PORT)?.port;
    if (port === undefined || port === null) return [];
    return (endpoints ?? []).flatMap(({ hostname, conditions = {} }) => {
      const { ready, serving, terminating } = conditions;
      if (hostname === undefined || !(serving ?? ready) || terminating === true) return [];
      return [`${hostname}.${name}.${namespace}.${clusterDomain}:${port}`];
    });
  });
  return [...new Set(found)].sort();
}

export interface HubMembersOptions {
  readonly service: MembersService;
  readonly client: { readonly fetch: KubeFetch };
  readonly onState?: (state: ReflectorState) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The hub's replicas that are ready, as the cluster says. */
export class HubMembers {
  readonly informer: Informer<Seen<EndpointSlice>>;
  readonly #service: MembersService;
  readonly #listeners = new Set<() => void>();
  #ready: readonly string[] = [];

  constructor({ service, ...options }: HubMembersOptions) {
    this.#service = service;
    this.informer = new Informer({
      ...options,
      kind: "EndpointSlice",
      gvr: ENDPOINT_SLICES,
      namespace: service.namespace,
      labelSelector: `kubernetes.io/service-name=${service.name}`,
      read: seenBy(endpointSliceSchema),
    });
    this.informer.onChange(() => this.#look());
  }

  get ready(): readonly string[] {
    return this.#ready;
  }

  /** Calls back when others are ready than before. Returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #look(): void {
    const slices = [...this.informer.keys].map((key) => this.informer.get(key)?.value)
      .filter((slice) => slice !== undefined);
    const ready = readyMembers(slices, this.#service);
    if (ready.join() === this.#ready.join()) return;
    this.#ready = ready;
    for (const listener of this.#listeners) listener();
  }
}
