import { ContractError } from "../../contracts/contract_error.ts";
import { envelopeOf, writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import type { Engram, TransportBinding } from "../../contracts/transport/resources.ts";
import { KubeError } from "../../kube/errors.ts";
import {
  type ConnectorSettings,
  injectConnector,
  type Injection,
  type PatchOperation,
  wantsConnector,
} from "./inject_connector.ts";
import type { Pod } from "./pod.ts";

/** What is looked up while a pod is admitted; undefined when there is no such object. */
export interface Lookup {
  engram(namespace: string, name: string): Promise<Engram | undefined>;
  binding(namespace: string, name: string): Promise<TransportBinding | undefined>;
}

/** `admission.k8s.io/v1` AdmissionRequest, as far as it is read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation?: string;
  readonly namespace?: string;
  readonly kind?: { readonly group?: string; readonly kind?: string };
  readonly object?: unknown;
}

/** `admission.k8s.io/v1` AdmissionResponse. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: "JSONPatch";
  /** Base64 of a JSON Patch. */
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
  readonly warnings?: readonly string[];
}

/**
 * Answers the admission of a pod: with a patch that adds a connector, unchanged when it needs none,
 * or refused with what is wrong. A refusal is for good; what may pass by itself is thrown, so that
 * `failurePolicy` decides.
 *
 * @throws {KubeError} when the API server cannot be asked
 */
export async function admitPod(
  request: AdmissionRequest,
  settings: ConnectorSettings,
  lookup: Lookup,
): Promise<AdmissionResponse> {
  const { uid, operation, kind, namespace = "" } = request;
  const pod = (request.object ?? {}) as Pod;
  const isPod = kind?.kind === "Pod" && (kind.group ?? "") === "";
  if (operation !== "CREATE" || !isPod || settings.image === "" || !wantsConnector(pod)) {
    return { uid, allowed: true };
  }
  try {
    const injection = await injectionOf(pod, namespace, lookup);
    if (injection === undefined) return { uid, allowed: true };
    return patched(uid, injectConnector(pod, injection, settings));
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { uid, allowed: false, status: { code: 400, message: error.message } };
  }
}

/** Where the pod's binding is: on the pod, else on its Engram. */
async function injectionOf(
  pod: Pod,
  namespace: string,
  lookup: Lookup,
): Promise<Injection | undefined> {
  const name = pod.metadata?.labels?.[LABELS.engram] ?? "";
  const engram = await lookup.engram(namespace, name);
  if (engram === undefined) throw new ContractError(`Engram ${namespace}/${name} not found`);
  const text = pod.metadata?.annotations?.[ANNOTATIONS.binding]?.trim() ||
    engram.metadata.annotations?.[ANNOTATIONS.binding]?.trim();
  if (!text) return undefined;
  const binding = text.startsWith("{") ? text : await encoded(text, namespace, lookup);
  const bindingName = nameOf(binding);
  const upstreamHost = bindingName === undefined || !isP2p(pod)
    ? undefined
    : (await found(lookup.binding(namespace, bindingName)))?.status?.upstreamHost;
  return { namespace, binding, upstreamHost };
}

/** `namespace/name` of a binding, as its envelope. */
async function encoded(reference: string, podNamespace: string, lookup: Lookup): Promise<string> {
  const [namespace, name, ...more] = reference.includes("/")
    ? reference.split("/")
    : [podNamespace, reference];
  if (!namespace || !name || more.length > 0) {
    throw new ContractError(
      `transport binding: must be a JSON object or namespace/name, not ${
        JSON.stringify(reference.slice(0, 64))
      }`,
    );
  }
  if (namespace !== podNamespace) {
    throw new ContractError(
      `transport binding ${reference} is of another namespace than the pod's, ${podNamespace}`,
    );
  }
  const binding = await lookup.binding(namespace, name);
  if (binding === undefined) throw new ContractError(`TransportBinding ${reference} not found`);
  return writeBindingEnvelope(envelopeOf(binding));
}

function isP2p({ metadata }: Pod): boolean {
  return metadata?.annotations?.[ANNOTATIONS.routingMode] === "p2p";
}

function nameOf(envelope: string): string | undefined {
  try {
    const { name } = JSON.parse(envelope) as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    // What is wrong with it is told when it is read as a whole.
    return undefined;
  }
}

/** The host of a peer can be told without the binding: no reason to keep a pod from starting. */
async function found<T>(lookup: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}

function patched(uid: string, patch: readonly PatchOperation[]): AdmissionResponse {
  if (patch.length === 0) return { uid, allowed: true };
  const bytes = new TextEncoder().encode(JSON.stringify(patch));
  return { uid, allowed: true, patchType: "JSONPatch", patch: bytes.toBase64() };
}
