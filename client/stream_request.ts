/**
 * The address of a flow's stream.
 *
 * @param base where the router is, with any path prefix it has behind a gateway
 * @throws {TypeError} when `base` is no absolute URL or the id has no address
 */
export function streamUrl(base: string | URL, flowId: string): URL {
  // A URL parser takes these for path steps, escaped or not (WHATWG URL, "double-dot path segment").
  if (flowId === "." || flowId === ".." || flowId === "") {
    throw new TypeError(`flow id ${JSON.stringify(flowId)} has no address`);
  }
  const url = new URL(base);
  url.search = url.hash = "";
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/flows/${encodeURIComponent(flowId)}/stream`;
  return url;
}

/**
 * The address of one stream of all flows that match.
 *
 * @param base where the router is, with any path prefix it has behind a gateway
 * @param patterns flow ids, in which `*` stands for any characters
 * @throws {TypeError} when `base` is no absolute URL
 */
export function flowsStreamUrl(base: string | URL, patterns: readonly string[]): URL {
  const url = new URL(base);
  url.hash = "";
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/stream`;
  url.search = String(new URLSearchParams(patterns.map((pattern) => ["flow", pattern])));
  return url;
}

/** The headers of a stream request; the token goes into a header, never into the URL. */
export function streamHeaders(
  lastEventId: string | undefined,
  token: string | undefined,
): Headers {
  const headers = new Headers({ accept: "text/event-stream" });
  if (lastEventId !== undefined) headers.set("last-event-id", lastEventId);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return headers;
}
