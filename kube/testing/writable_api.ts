import { type KubeObject, objectKey } from "../resources.ts";
import { statusResponse } from "./api_documents.ts";
import type { FakeApiServer } from "./fake_api_server.ts";
import type { ResourceDefinition, StoredObject } from "./object_store.ts";

type Json = Record<string, unknown>;

/** A write as it came, for tests that count. */
export interface RecordedWrite {
  readonly method: string;
  /** `storyruns/status demo/run-1`. */
  readonly target: string;
  readonly body: Json;
}

/**
 * Adds to a {@linkcode FakeApiServer} what controllers do to objects: merge patches with a
 * resourceVersion, server-side apply (without its accounts of who owns what), the status
 * subresource, deletion that waits for finalizers. A patch that changes nothing makes no event.
 */
export class WritableApi {
  readonly #server: FakeApiServer;
  /** Every write since the start, in order, refused ones included; creations too. */
  readonly writes: RecordedWrite[] = [];
  readonly #refusals: { readonly match: RegExp; readonly answer: () => Response }[] = [];

  constructor(server: FakeApiServer) {
    this.#server = server;
  }

  /** Answers all writes whose `METHOD target` matches with a status, until {@linkcode allow}. */
  refuse(match: RegExp, code: number, reason: string): void {
    this.#refusals.push({ match, answer: () => statusResponse(code, reason, "refused by a test") });
  }

  allow(): void {
    this.#refusals.length = 0;
  }

  /** Answers one request. */
  readonly handle = async (request: Request): Promise<Response> => {
    const target = this.#target(new URL(request.url));
    if (target === undefined || request.method === "GET") return await this.#server.handle(request);
    const text = await request.clone().text();
    const body: Json = text === "" ? {} : JSON.parse(text);
    const name = target.name ?? (body.metadata as { name?: string } | undefined)?.name ?? "";
    const key = objectKey({
      name,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    });
    const shown = `${target.resource.resource}${target.subresource} ${key}`;
    this.writes.push({ method: request.method, target: shown, body });
    const refusal = this.#refusals.find(({ match }) => match.test(`${request.method} ${shown}`));
    if (refusal !== undefined) return refusal.answer();
    if (request.method === "DELETE") return this.#delete(target);
    if (request.method !== "PATCH") return await this.#server.handle(request);
    return this.#patch(target, body, request.headers.get("content-type") ?? "");
  };

  #patch(target: Target, body: Json, contentType: string): Response {
    const { store } = this.#server;
    const before = store.get(target.resource, target.name ?? "", target.namespace);
    const applies = contentType.startsWith("application/apply-patch");
    if (applies && body["kind"] !== target.resource.kind) {
      return statusResponse(400, "BadRequest", `invalid object type: Kind=${body["kind"] ?? ""}`);
    }
    const asked = (body.metadata ?? {}) as { uid?: string; resourceVersion?: string };
    if (before === undefined) {
      return applies && asked.uid !== undefined
        ? statusResponse(409, "Conflict", "uid mismatch: no existing object was found")
        : statusResponse(404, "NotFound", `${target.name} not found`);
    }
    const { resourceVersion, uid } = before.metadata;
    if (
      (asked.resourceVersion ?? resourceVersion) !== resourceVersion || (asked.uid ?? uid) !== uid
    ) {
      return statusResponse(409, "Conflict", "the object has been modified");
    }
    const merged = mergeJson(before, body) as StoredObject;
    const after = target.subresource === "/status"
      ? { ...before, status: merged["status"] }
      : { ...merged, status: before["status"] };
    if (JSON.stringify(after) === JSON.stringify(before)) return Response.json(before);
    if (isFinished(after)) {
      store.put(target.resource, after);
      store.remove(target.resource, after.metadata.name, after.metadata.namespace);
      return Response.json(after);
    }
    return Response.json(store.put(target.resource, after));
  }

  #delete({ resource, name = "", namespace }: Target): Response {
    const { store } = this.#server;
    const before = store.get(resource, name, namespace);
    if (before === undefined) return statusResponse(404, "NotFound", `${name} not found`);
    const deletionTimestamp = before.metadata.deletionTimestamp ?? "2026-01-01T00:00:00Z";
    const after = { ...before, metadata: { ...before.metadata, deletionTimestamp } };
    if (isFinished(after)) store.remove(resource, name, namespace);
    else if (before.metadata.deletionTimestamp === undefined) store.put(resource, after);
    return Response.json(after);
  }

  #target({ pathname }: URL): Target | undefined {
    const match =
      /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(\/status)?$/
        .exec(pathname);
    if (match === null) return undefined;
    const [, group = "", version = "", namespace, plural = "", name, subresource = ""] = match;
    const resource = this.#server.store.find({ group, version, resource: plural });
    return resource && { resource, namespace, name, subresource };
  }
}

interface Target {
  readonly resource: ResourceDefinition;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string;
}

function isFinished({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
}

/** RFC 7386. */
function mergeJson(base: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Json = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergeJson(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
