import { type Clock, systemClock } from "../../contracts/clock.ts";
import type { KubeObject, ObjectMeta } from "../resources.ts";
import { discovery, notFoundPage, statusDocument, statusResponse } from "./api_documents.ts";
import {
  ExpiredError,
  ObjectStore,
  type ResourceDefinition,
  type StoredEvent,
  type StoredObject,
} from "./object_store.ts";
import { fieldSelector, labelSelector, type Selector, SelectorError } from "./selectors.ts";
import { type ServedHandler, serveHttp, type ServeOptions } from "./serve_http.ts";
import { WatchConnection } from "./watch_connection.ts";

export interface FakeApiServerOptions {
  readonly store?: ObjectStore;
  readonly clock?: Clock;
  /** A real API server sends one to each watch about every 60 s. */
  readonly bookmarkEveryMs?: number;
  /** When given, requests without this bearer token are answered 401. */
  readonly token?: () => string | undefined;
}

/** A request as it came, for tests that count. */
export interface RecordedRequest {
  readonly kind: "list" | "watch" | "other";
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
}

/**
 * Speaks the Kubernetes API (discovery, get, list in pages, watch with bookmarks, create, replace)
 * over an {@linkcode ObjectStore}, and misbehaves on demand. For tests and demonstrations; the same
 * scenarios run against a real kube-apiserver, which keeps it honest.
 */
export class FakeApiServer {
  readonly store: ObjectStore;
  /** Whether it lists by a stream (KEP-3157) when asked to, as servers do since 1.34. */
  streamsLists = true;
  /** Answers instead of the server, for as long as it stands, whatever it does not pass on. */
  refuse: (path: string) => Response | undefined = () => undefined;
  /** Every request since the start, in order. */
  readonly requests: RecordedRequest[] = [];
  readonly #clock: Clock;
  readonly #bookmarkEveryMs: number;
  readonly #token: () => string | undefined;
  readonly #watches = new Set<WatchConnection>();
  readonly #answers: PreparedAnswer[] = [];
  readonly #stopListening: () => void;
  #held: StoredEvent[] | undefined;

  constructor(options: FakeApiServerOptions = {}) {
    this.store = options.store ?? new ObjectStore();
    this.#clock = options.clock ?? systemClock;
    this.#bookmarkEveryMs = options.bookmarkEveryMs ?? 60_000;
    this.#token = options.token ?? (() => undefined);
    this.#stopListening = this.store.onChange((event) => this.#broadcast(event));
  }

  /** Answers one request. Never rejects. */
  readonly handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const segments = url.pathname.split("/").filter((segment) => segment !== "");
    const target = this.#target(segments);
    const watching = /^(1|true)$/.test(url.searchParams.get("watch") ?? "");
    const kind = target === undefined || target.name !== undefined
      ? "other"
      : watching && !url.searchParams.has("sendInitialEvents")
      ? "watch"
      : "list";
    this.requests.push({ kind, method: request.method, url, headers: request.headers });
    const refused = this.refuse(url.pathname);
    if (refused !== undefined) return refused;
    const prepared = this.#answers.findIndex(({ to }) => to === undefined || to === kind);
    if (prepared >= 0) {
      const [taken] = this.#answers.splice(prepared, 1);
      if (taken !== undefined) return await taken.answer();
    }
    const token = this.#token();
    if (token !== undefined && request.headers.get("authorization") !== `Bearer ${token}`) {
      return statusResponse(401, "Unauthorized", "Unauthorized");
    }
    const isWrite = request.method === (target?.name === undefined ? "POST" : "PUT");
    if (isWrite) return target === undefined ? notFoundPage() : await this.#write(request, target);
    if (request.method !== "GET") {
      return statusResponse(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
      );
    }
    if (target === undefined) return discovery(segments, this.store.resources) ?? notFoundPage();
    if (target.name !== undefined) return this.#get(target, target.name);
    try {
      const selects = selectorOf(target, url.searchParams);
      return watching
        ? this.#watch(target, selects, url.searchParams)
        : this.#list(target, selects, url.searchParams);
    } catch (error) {
      if (error instanceof SelectorError) return statusResponse(400, "BadRequest", error.message);
      throw error;
    }
  };

  /** Open watches. */
  get watchCount(): number {
    return this.#watches.size;
  }

  /** Breaks every open watch in the middle. */
  cutWatches(): void {
    for (const watch of [...this.#watches]) watch.cut();
  }

  /** Ends every open watch in good order. */
  endWatches(): void {
    for (const watch of [...this.#watches]) watch.end();
  }

  /** Leaves every open watch open and never says anything on it again. */
  muteWatches(): void {
    for (const watch of this.#watches) watch.mute();
  }

  /** Writes text into every open watch as it is. */
  writeToWatches(text: string): void {
    for (const watch of this.#watches) watch.write(text);
  }

  /** Sends an `ERROR` event on every open watch and ends it. */
  failWatches(code: number, reason: string, message: string): void {
    for (const watch of [...this.#watches]) watch.sendError(statusDocument(code, reason, message));
  }

  /** Sends again, on every open watch, what happened after a revision. */
  replayToWatches(afterRevision: number): void {
    for (const watch of this.#watches) {
      for (const event of this.store.since(watch.spec.resource, afterRevision)) {
        watch.deliver(event, "again");
      }
    }
  }

  /** Keeps changes back from open watches, until they are released in whatever order. */
  holdChanges(): void {
    this.#held ??= [];
  }

  releaseChanges(reorder: (changes: StoredEvent[]) => StoredEvent[] = (changes) => changes): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of reorder(held)) this.#broadcast(event);
  }

  /** Sends a bookmark on every open watch. */
  bookmarkWatches(): void {
    for (const watch of this.#watches) watch.sendBookmark();
  }

  /** Answers the next requests (of one kind, or whatever they are) with this status. */
  answerNext(count: number, fault: AnswerFault): void {
    const { code, reason = "Fault", message = "asked for by a test", headers, to } = fault;
    for (let i = 0; i < count; i++) {
      this.answerNextWith(() => statusResponse(code, reason, message, headers), to);
    }
  }

  /** Answers the next request with whatever this returns; a promise that never resolves hangs. */
  answerNextWith(answer: PreparedAnswer["answer"], to?: PreparedAnswer["to"]): void {
    this.#answers.push({ answer, to });
  }

  /** Forgets all answers that were prepared and not used. */
  clearAnswers(): void {
    this.#answers.length = 0;
  }

  /** Stops to serve a resource, as deleting its CRD does: objects first, then the watches. */
  removeResource(resource: ResourceDefinition): void {
    this.store.unregister(resource);
    for (const watch of [...this.#watches]) if (watch.spec.resource === resource) watch.end();
  }

  /** Ends all watches and stops to follow the store. */
  close(): void {
    this.#stopListening();
    // A muted watch takes no orderly end.
    for (const watch of [...this.#watches]) watch.cut();
  }

  /** Listens on a loopback port until closed. */
  async serve(options: ServeOptions = {}): Promise<ServedHandler> {
    const served = await serveHttp(this.handle, options);
    return {
      url: served.url,
      close: async () => {
        this.close();
        await served.close();
      },
    };
  }

  #broadcast(event: StoredEvent): void {
    if (this.#held !== undefined) {
      this.#held.push(event);
      return;
    }
    for (const watch of this.#watches) {
      if (watch.spec.resource === event.resource) watch.deliver(event);
    }
  }

  #target(segments: readonly string[]): Target | undefined {
    const isCore = segments[0] === "api";
    if (!isCore && segments[0] !== "apis") return undefined;
    const [group = "", version = "", ...rest] = isCore
      ? ["", ...segments.slice(1)]
      : segments.slice(1);
    const namespaced = rest[0] === "namespaces" && rest.length >= 3;
    const [plural = "", name, ...beyond] = namespaced ? rest.slice(2) : rest;
    const resource = this.store.find({ group, version, resource: plural });
    if (resource === undefined || beyond.length > 0) return undefined;
    if (namespaced && !resource.namespaced) return undefined;
    return {
      resource,
      namespace: namespaced ? decodeURIComponent(rest[1] ?? "") : undefined,
      name,
    };
  }

  #get({ resource, namespace }: Target, name: string): Response {
    const object = this.store.get(resource, decodeURIComponent(name), namespace);
    if (object !== undefined) return Response.json(object);
    return statusResponse(
      404,
      "NotFound",
      `${resource.resource}.${resource.group} "${name}" not found`,
    );
  }

  /** Creates (POST) or replaces (PUT) an object, a replacement only over the version it names. */
  async #write(request: Request, { resource, namespace, name }: Target): Promise<Response> {
    const object: Partial<KubeObject> = await request.json();
    if (!isNamed(object)) return statusResponse(422, "Invalid", "metadata.name: Required value");
    const existing = this.store.get(resource, object.metadata.name, namespace);
    const what = `${resource.resource}.${resource.group} "${object.metadata.name}"`;
    if (request.method === "POST") {
      if (existing !== undefined) {
        return statusResponse(409, "AlreadyExists", `${what} already exists`);
      }
    } else if (existing === undefined || name !== object.metadata.name) {
      return statusResponse(404, "NotFound", `${what} not found`);
    } else if (object.metadata.resourceVersion !== existing.metadata.resourceVersion) {
      return statusResponse(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${what}: the object has been modified`,
      );
    }
    const stored = this.store.put(resource, {
      ...object,
      metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) },
    });
    return Response.json(stored, { status: request.method === "POST" ? 201 : 200 });
  }

  #list({ resource }: Target, selects: Selector, query: URLSearchParams): Response {
    const requested = query.get("resourceVersion") ?? "";
    if (Number(requested) > this.store.revision) {
      return statusResponse(
        504,
        "Timeout",
        `Timeout: Too large resource version: ${requested}, current: ${this.store.revision}`,
      );
    }
    const limit = Number(query.get("limit") ?? 0);
    const token = readContinue(query.get("continue"));
    if (token === null) {
      return statusResponse(400, "BadRequest", "continue key is not valid");
    }
    const revision = token?.revision ?? this.store.revision;
    let objects: StoredObject[];
    try {
      objects = this.store.list(resource, revision).filter(selects);
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      return statusResponse(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result.",
      );
    }
    const rest = token === undefined
      ? objects
      : objects.filter(({ metadata }) => pageKey(metadata) > token.after);
    const items = limit > 0 ? rest.slice(0, limit) : rest;
    const last = items.at(-1);
    const next = last !== undefined && items.length < rest.length
      ? btoa(JSON.stringify({ revision, after: pageKey(last.metadata) }))
      : "";
    return Response.json({
      apiVersion: resource.group === ""
        ? resource.version
        : `${resource.group}/${resource.version}`,
      kind: `${resource.kind}List`,
      metadata: {
        resourceVersion: String(revision),
        ...(next === "" ? {} : { continue: next, remainingItemCount: rest.length - items.length }),
      },
      items,
    });
  }

  #watch({ resource }: Target, selects: Selector, query: URLSearchParams): Response {
    const isStreamed = query.has("sendInitialEvents");
    if (
      isStreamed && (!this.streamsLists || query.get("resourceVersionMatch") !== "NotOlderThan")
    ) {
      return statusResponse(
        422,
        "Invalid",
        `ListOptions.meta.k8s.io "" is invalid: ${
          this.streamsLists
            ? "resourceVersionMatch: Forbidden: sendInitialEvents requires setting " +
              "resourceVersionMatch to NotOlderThan"
            : "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the " +
              "WatchList feature gate is enabled"
        }`,
      );
    }
    const requested = query.get("resourceVersion") ?? "";
    const from = Number(requested);
    if (!Number.isSafeInteger(from)) {
      return statusResponse(500, "", `resourceVersion: Invalid value: "${requested}"`);
    }
    const watch = new WatchConnection(
      {
        resource,
        selects,
        bookmarks: query.get("allowWatchBookmarks") === "true",
        after: from,
        timeoutSeconds: Number(query.get("timeoutSeconds") ?? 0) || 1800,
        revision: () => this.store.revision,
      },
      this.#clock,
      this.#bookmarkEveryMs,
      () => this.#watches.delete(watch),
    );
    this.#watches.add(watch);
    try {
      // Without a version, or with 0, a watch begins with what exists.
      if (from === 0) {
        for (const object of this.store.list(resource)) {
          if (selects(object)) watch.sendObject("ADDED", object);
        }
        if (isStreamed) watch.sendBookmark("ends the initial events");
      } else {
        for (const event of this.store.since(resource, from)) watch.deliver(event);
      }
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      // The API server has accepted the watch by then, so the 410 comes as an event.
      watch.sendError(statusDocument(410, "Expired", error.message));
    }
    return new Response(watch.body, { headers: { "content-type": "application/json" } });
  }
}

function isNamed(object: Partial<KubeObject>): object is KubeObject {
  return object.metadata?.name !== undefined;
}

/** A status to answer with, instead of doing what was asked. */
export interface AnswerFault {
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly headers?: Record<string, string>;
  /** Any request when absent. */
  readonly to?: "list" | "watch";
}

interface PreparedAnswer {
  readonly answer: () => Response | Promise<Response>;
  readonly to: "list" | "watch" | undefined;
}

interface Target {
  readonly resource: ResourceDefinition;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

function selectorOf({ namespace }: Target, query: URLSearchParams): Selector {
  const labels = labelSelector(query.get("labelSelector") ?? "");
  const fields = fieldSelector(query.get("fieldSelector") ?? "");
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    labels(object) && fields(object);
}

/** The order in which the store lists: pages continue after the last key. */
function pageKey({ name, namespace }: ObjectMeta): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function readContinue(
  token: string | null,
): { revision: number; after: string } | undefined | null {
  if (token === null || token === "") return undefined;
  try {
    const { revision, after } = JSON.parse(atob(token));
    return typeof revision === "number" && typeof after === "string" ? { revision, after } : null;
  } catch {
    return null;
  }
}
