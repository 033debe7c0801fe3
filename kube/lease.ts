import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { asKubeError, KubeError } from "./errors.ts";
import type { Lease, LeaseSpec } from "./lease_decision.ts";
import { collectionPath } from "./resources.ts";
import { errorFromResponse } from "./status.ts";

export const LEASES = { group: "coordination.k8s.io", version: "v1", resource: "leases" };

/** Which lease, and how to get at it. */
export interface LeaseAddress {
  readonly fetch: KubeFetch;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
}

/** Bounds one request. */
export interface RequestLimit {
  /** The longest wait for the whole answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One Lease on the API server. */
export class LeaseClient {
  readonly #address: LeaseAddress;
  readonly #path: string;

  constructor(address: LeaseAddress) {
    this.#address = address;
    this.#path = collectionPath(LEASES, address.namespace);
  }

  /**
   * Reads the lease at "most recent".
   *
   * @returns undefined when there is none
   * @throws {KubeError}
   */
  async read(limit: RequestLimit): Promise<Lease | undefined> {
    try {
      return await this.#request("GET", this.#itemPath, undefined, limit);
    } catch (error) {
      if (error instanceof KubeError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  /** @throws {KubeError} `conflict` when somebody else was first */
  async create(spec: LeaseSpec, limit: RequestLimit): Promise<Lease> {
    const { namespace, name } = this.#address;
    const body = { metadata: { namespace, name }, spec };
    return await this.#request("POST", this.#path, body, limit);
  }

  /**
   * Writes a record over the one that was read: `lease` carries its resourceVersion, so that it is
   * written only if nobody has changed it meanwhile.
   *
   * @throws {KubeError} `conflict` when somebody has, `not-found` when the lease is gone
   */
  async update(lease: Lease, spec: LeaseSpec, limit: RequestLimit): Promise<Lease> {
    return await this.#request("PUT", this.#itemPath, { ...lease, spec }, limit);
  }

  get #itemPath(): string {
    return `${this.#path}/${encodeURIComponent(this.#address.name)}`;
  }

  async #request(
    method: string,
    path: string,
    body: object | undefined,
    { timeoutMs, signal }: RequestLimit,
  ): Promise<Lease> {
    const { fetch, clock } = this.#address;
    const doing = `${method} ${path}`;
    using deadline = new Deadline(clock, signal);
    deadline.set(timeoutMs, doing);
    try {
      const response = await fetch(path, {
        method,
        signal: deadline.signal,
        ...(body === undefined ? {} : {
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            apiVersion: `${LEASES.group}/${LEASES.version}`,
            kind: "Lease",
            ...body,
          }),
        }),
      });
      if (!response.ok) throw await errorFromResponse(response, doing, deadline.signal);
      return readLease(await response.text(), doing);
    } catch (thrown) {
      throw this.#explain(asKubeError(thrown, "unreachable", doing));
    }
  }

  #explain(error: KubeError): KubeError {
    if (error.code !== "forbidden") return error;
    const { namespace, name } = this.#address;
    return new KubeError(
      "forbidden",
      `may not use the lease ${namespace}/${name}: grant get, create and update on leases ` +
        `(coordination.k8s.io) in ${namespace} (${error.message})`,
      { status: 403, cause: error },
    );
  }
}

function readLease(text: string, doing: string): Lease {
  let value: Lease | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KubeError("bad-response", `${doing}: the answer is not JSON`, { cause });
  }
  if (value?.kind !== "Lease" || !value.metadata?.resourceVersion) {
    throw new KubeError("bad-response", `${doing}: the answer is no Lease with a resourceVersion`);
  }
  return value;
}
