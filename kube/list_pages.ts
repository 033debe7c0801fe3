import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { KubeError } from "./errors.ts";
import { collectionPath, type GroupVersionResource } from "./resources.ts";
import { errorFromResponse } from "./status.ts";
import type { VersionedObject } from "./watch_stream.ts";

/** What to list. Without `limit` the whole collection comes in one page. */
export interface ListRequest {
  readonly fetch: KubeFetch;
  readonly gvr: GroupVersionResource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly limit?: number | undefined;
  /** The longest wait for one page, head and body, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One page. All pages of a list carry the resourceVersion of its first. */
export interface ListPage {
  readonly items: readonly VersionedObject[];
  readonly resourceVersion: string;
}

/**
 * Lists a collection at "most recent" (no resourceVersion is asked for), page by page.
 *
 * @throws {KubeError} `gone` when a continue token expired half-way: start over, without `limit`.
 */
export async function* listPages(request: ListRequest): AsyncGenerator<ListPage, void> {
  const path = collectionPath(request.gvr, request.namespace);
  const query = new URLSearchParams();
  if (request.labelSelector) query.set("labelSelector", request.labelSelector);
  if (request.limit !== undefined) query.set("limit", String(request.limit));
  for (;;) {
    const { page, next } = await fetchPage(request, path, query);
    yield page;
    if (next === "") return;
    query.set("continue", next);
  }
}

async function fetchPage(
  { fetch, clock, signal, timeoutMs }: ListRequest,
  path: string,
  query: URLSearchParams,
): Promise<{ page: ListPage; next: string }> {
  const doing = `GET ${path}`;
  using deadline = new Deadline(clock, signal);
  deadline.set(timeoutMs, doing);
  const response = await fetch(query.size === 0 ? path : `${path}?${query}`, {
    signal: deadline.signal,
  });
  if (response.status !== 200) throw await errorFromResponse(response, doing, deadline.signal);
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new KubeError("bad-response", `${doing}: the list is not JSON`, { cause });
  }
  return readPage(body, doing);
}

interface ListDocument {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: VersionedObject[] | null;
}

function readPage(body: unknown, doing: string): { page: ListPage; next: string } {
  const list = body as ListDocument | null;
  const resourceVersion = list?.metadata?.resourceVersion;
  if (!list || typeof resourceVersion !== "string" || resourceVersion === "") {
    throw new KubeError("bad-response", `${doing}: the list has no resourceVersion`);
  }
  // Go writes an empty slice of a built-in kind as null.
  const items = list.items ?? [];
  if (!Array.isArray(items)) throw new KubeError("bad-response", `${doing}: items is not a list`);
  for (const item of items) {
    if (!item?.metadata?.name || !item.metadata.resourceVersion) {
      throw new KubeError("bad-response", `${doing}: an item has no name or no resourceVersion`);
    }
  }
  return {
    page: { items: items.map((item) => withType(item, list)), resourceVersion },
    next: list.metadata?.continue ?? "",
  };
}

/** Items of built-in kinds come without apiVersion and kind, which only their list states. */
function withType(item: VersionedObject, { apiVersion, kind }: ListDocument): VersionedObject {
  if (item.kind !== undefined || apiVersion === undefined || !kind?.endsWith("List")) return item;
  return { apiVersion, kind: kind.slice(0, -"List".length), ...item };
}
