import { type Clock, systemClock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { asKubeError, KubeError } from "./errors.ts";
import {
  collectionPath,
  type GroupVersionResource,
  type KubeObject,
  type ObjectMeta,
} from "./resources.ts";
import { errorFromResponse } from "./status.ts";

/** One object of a resource. */
export interface ObjectAddress {
  readonly gvr: GroupVersionResource;
  readonly name: string;
  /** Absent for a cluster-scoped object. */
  readonly namespace?: string | undefined;
}

/** The fields that an apply is to own, of the object with this uid. */
export interface AppliedFields {
  /** The API server does not take it from the path. */
  readonly kind: string;
  readonly metadata: Partial<ObjectMeta> & { readonly uid: string };
  readonly [field: string]: unknown;
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** Only this part of the object is written; `status` has its own door. */
  readonly subresource?: "status";
}

export interface ObjectWriterOptions {
  readonly client: { readonly fetch: KubeFetch };
  /** Who is named in `managedFields` for what is written. */
  readonly fieldManager: string;
  /** The longest wait for one answer, in milliseconds. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** Writes objects, always under one name, so that `managedFields` tells whose each field is. */
export class ObjectWriter {
  readonly #options: ObjectWriterOptions;

  constructor(options: ObjectWriterOptions) {
    this.#options = options;
  }

  /**
   * Server-side apply: owns exactly the given fields from now on, and takes them from whoever had
   * them. A field that was applied before and is absent now is removed.
   *
   * Apply makes an object that is not there. With the `uid` of the one that is meant that cannot
   * happen: an object that is gone, or another one under its name, is a conflict.
   *
   * @throws {KubeError}
   */
  async apply(
    address: ObjectAddress,
    object: AppliedFields,
    options: WriteOptions,
  ): Promise<KubeObject> {
    const { gvr, name, namespace } = address;
    return await this.#send("PATCH", address, options, "application/apply-patch+yaml", {
      ...object,
      apiVersion: gvr.group === "" ? gvr.version : `${gvr.group}/${gvr.version}`,
      metadata: { ...object.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
    }, { force: "true" });
  }

  /**
   * JSON merge patch (RFC 7386) of the very version that was read. A list is replaced as a whole,
   * so a version that has moved on is a conflict: otherwise what others put into the list would be
   * lost.
   *
   * @throws {KubeError} `conflict` when the object has changed since it was read
   */
  async mergePatch(
    address: ObjectAddress,
    resourceVersion: string,
    patch: Readonly<Record<string, unknown>> & { readonly metadata?: object },
    options: WriteOptions,
  ): Promise<KubeObject> {
    return await this.#send("PATCH", address, options, "application/merge-patch+json", {
      ...patch,
      metadata: { ...patch.metadata, resourceVersion },
    });
  }

  /** @throws {KubeError} `conflict` with reason `AlreadyExists` when the name is taken */
  async create(
    gvr: GroupVersionResource,
    object: KubeObject,
    options: { readonly signal: AbortSignal },
  ): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    return await this.#send("POST", { gvr, namespace, name }, options, "application/json", object);
  }

  async #send(
    method: "POST" | "PATCH",
    { gvr, name, namespace }: ObjectAddress,
    { signal, subresource }: WriteOptions,
    contentType: string,
    body: unknown,
    query: Readonly<Record<string, string>> = {},
  ): Promise<KubeObject> {
    const { client, fieldManager, timeoutMs = 30_000, clock = systemClock } = this.#options;
    const collection = collectionPath(gvr, namespace);
    const path = [
      collection,
      ...(method === "POST" ? [] : [encodeURIComponent(name)]),
      ...(subresource === undefined ? [] : [subresource]),
    ].join("/");
    const doing = `${method} ${collection}/${name}${
      subresource === undefined ? "" : `/${subresource}`
    }`;
    using deadline = new Deadline(clock, signal);
    deadline.set(timeoutMs, doing);
    try {
      const response = await client.fetch(
        `${path}?${new URLSearchParams({ fieldManager, ...query })}`,
        {
          method,
          headers: { "content-type": contentType },
          body: JSON.stringify(body),
          signal: deadline.signal,
        },
      );
      if (!response.ok) throw await errorFromResponse(response, doing, deadline.signal);
      return readObject(await response.text(), doing);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw asKubeError(thrown, "unreachable", doing);
    }
  }
}

function readObject(text: string, doing: string): KubeObject {
  let value: KubeObject | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KubeError("bad-response", `${doing}: the answer is not JSON`, { cause });
  }
  if (!value?.metadata?.name) {
    throw new KubeError("bad-response", `${doing}: the answer is no object`);
  }
  return value;
}
