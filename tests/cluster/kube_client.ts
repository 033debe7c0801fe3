/**
 * A plain Kubernetes client for tests: `fetch` and JSON, nothing that retries, caches or hides an
 * answer. Objects find their path through API discovery.
 */
import type { KubeList, KubeObject, WatchEvent } from "./kube_object.ts";

/** Where the API server is and who asks. */
export interface Access {
  /** Base URL without a slash at the end. */
  readonly server: string;
  /** PEM of the authority that the server's certificate must come from. */
  readonly ca: string;
  /** Client certificate and key, PEM. */
  readonly certificate?: string;
  readonly key?: string;
  /** Bearer token. */
  readonly token?: string;
}

/** The API server refused; fields are those of its `Status` document. */
export class KubeApiError extends Error {
  override readonly name = "KubeApiError";
  /** HTTP status. */
  readonly code: number;
  /** Machine-readable word such as `NotFound` or `Forbidden`. */
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** How a request differs from a plain GET. */
export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** Of the body; a string body is sent as it is. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** Speaks to one API server as one user. */
export interface KubeClient extends Disposable {
  /** The answer to a request on `path`, its body unread. @throws {KubeApiError} when refused. */
  send(path: string, options?: RequestOptions): Promise<Response>;
  /** The JSON that answers a request on `path`. @throws {KubeApiError} when refused. */
  request<T>(path: string, options?: RequestOptions): Promise<T>;
  /** Path of an object, or of its collection when the name is "". */
  pathOf(object: Pick<KubeObject, "apiVersion" | "kind" | "metadata">): Promise<string>;
  create<T extends KubeObject>(object: T): Promise<T>;
  /** Replaces an object, or with `"status"` only its status. */
  replace<T extends KubeObject>(object: T, subresource?: "status"): Promise<T>;
  /** Merge patch (RFC 7396) of an object, or with `"status"` only of its status. */
  patch<T extends KubeObject>(object: T, patch: unknown, subresource?: "status"): Promise<T>;
  /** Server-side apply: makes the object or changes the given fields. */
  apply<T extends KubeObject>(object: T): Promise<T>;
  remove(object: KubeObject): Promise<void>;
  list<T extends KubeObject>(path: string): Promise<KubeList<T>>;
  /** The events after `resourceVersion`, until the stream ends, breaks or is aborted. */
  watch<T extends KubeObject>(
    path: string,
    options: { resourceVersion: string; signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>>;
}

/** Names this client in `managedFields`. */
const FIELD_MANAGER = "headrace-tests";

const MERGE_PATCH = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Makes a client. It holds connections: dispose it. */
export function createKubeClient({ server, ca, certificate, key, token }: Access): KubeClient {
  const http = Deno.createHttpClient({
    caCerts: [ca],
    // Over HTTP/2 every write takes 40 ms instead of 4: Deno sends head and body apart, and the
    // second waits for the delayed acknowledgement of the first.
    http2: false,
    ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
  });
  const resources = new Map<string, readonly ApiResource[]>();

  async function send(path: string, options: RequestOptions = {}): Promise<Response> {
    const { method = "GET", body, contentType = "application/json", signal } = options;
    const response = await fetch(server + path, {
      client: http,
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": contentType }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await readError(response, `${method} ${path}`);
    return response;
  }

  async function request<T>(path: string, options?: RequestOptions): Promise<T> {
    return await (await send(path, options)).json();
  }

  async function pathOf(
    { apiVersion, kind, metadata }: Pick<KubeObject, "apiVersion" | "kind" | "metadata">,
  ): Promise<string> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    let known = resources.get(base)?.find((resource) => resource.kind === kind);
    if (known === undefined) {
      const list = await request<{ resources: ApiResource[] }>(base);
      // Subresources ("helmreleases/status") are listed under the kind of their parent.
      const whole = list.resources.filter(({ name }) => !name.includes("/"));
      resources.set(base, whole);
      known = whole.find((resource) => resource.kind === kind);
    }
    if (known === undefined) throw new KubeApiError(404, "NotFound", `${base} has no ${kind}`);
    const scope = known.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    const name = metadata.name === "" ? "" : `/${metadata.name}`;
    return `${base}${scope}/${known.name}${name}`;
  }

  async function change<T extends KubeObject>(
    object: T,
    subresource: "status" | undefined,
    options: RequestOptions,
    query = "",
  ): Promise<T> {
    const path = await pathOf(object) + (subresource === undefined ? "" : `/${subresource}`);
    return await request<T>(`${path}?fieldManager=${FIELD_MANAGER}${query}`, options);
  }

  return {
    send,
    request,
    pathOf,
    create: async (object) =>
      await request(
        `${await pathOf({ ...object, metadata: { ...object.metadata, name: "" } })}` +
          `?fieldManager=${FIELD_MANAGER}`,
        { method: "POST", body: object },
      ),
    replace: (object, subresource) => change(object, subresource, { method: "PUT", body: object }),
    patch: (object, patch, subresource) =>
      change(object, subresource, { method: "PATCH", body: patch, contentType: MERGE_PATCH }),
    apply: (object) =>
      change(
        object,
        undefined,
        { method: "PATCH", body: object, contentType: APPLY },
        "&force=true",
      ),
    async remove(object) {
      await request(await pathOf(object), { method: "DELETE" });
    },
    list: (path) => request(path),
    async *watch<T extends KubeObject>(
      path: string,
      { resourceVersion, signal }: { resourceVersion: string; signal: AbortSignal },
    ) {
      const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
      const { body } = await send(`${path}?${query}`, { signal });
      if (body === null) return;
      for await (const line of lines(body)) yield JSON.parse(line) as WatchEvent<T>;
    },
    [Symbol.dispose]: () => http.close(),
  };
}

async function readError(response: Response, what: string): Promise<KubeApiError> {
  const text = await response.text();
  try {
    const { reason = "", message = text } = JSON.parse(text) as Record<string, string>;
    return new KubeApiError(response.status, reason, `${what}: ${message}`);
  } catch {
    // Not a Status document: the health endpoints answer in plain text.
    return new KubeApiError(response.status, "", `${what}: ${response.status} ${text}`);
  }
}

async function* lines(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
