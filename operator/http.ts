import type { IncomingMessage, ServerResponse } from "node:http";
import { formatListenAddress, type ListenAddress } from "../contracts/listen_address.ts";
import { PROBLEM_MEDIA_TYPE } from "../contracts/problem.ts";
import type { OperatorStatus } from "./readiness.ts";
import { readiness } from "./readiness.ts";

/** Answers a path; undefined when it is none of its own. */
export type Route = (path: string, headers: Headers) => Response | Promise<Response> | undefined;

/** The part of a request that decides on its answer. */
export type Asked = Pick<Request, "method" | "url" | "headers">;

/** `/healthz` as long as the process runs, `/readyz` with what it is judged by. */
export function probes(status: () => OperatorStatus): Route {
  return (path) => {
    const headers = { "cache-control": "no-store" };
    if (path === "/healthz") return Response.json({ status: "ok" }, { headers });
    if (path !== "/readyz") return undefined;
    const body = readiness(status());
    return Response.json(body, { status: body.ready ? 200 : 503, headers });
  };
}

/**
 * `/metrics` in Prometheus' text format.
 *
 * @param refusal answers those who may not read it; without it everybody may
 */
export function metrics(
  registry: { readonly contentType: string; metrics(): Promise<string> },
  refusal?: (headers: Headers) => Promise<Response | undefined>,
): Route {
  const show = async (headers: Headers) => {
    const refused = await refusal?.(headers);
    if (refused !== undefined) return refused;
    const text = await registry.metrics();
    return new Response(text, { headers: { "content-type": registry.contentType } });
  };
  return (path, headers) => path === "/metrics" ? show(headers) : undefined;
}

/** Answers one request by the first route that knows its path. */
export async function answer(request: Asked, routes: readonly Route[]): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return problem(405, "Method Not Allowed", "use GET", { allow: "GET, HEAD" });
  }
  const pathname = URL.parse(request.url)?.pathname ?? "";
  for (const route of routes) {
    const response = route(pathname, request.headers);
    if (response !== undefined) return await response;
  }
  return problem(404, "Not Found", "there is nothing here");
}

/** An error answer (RFC 9457). */
export function problem(status: number, title: string, detail: string, headers = {}): Response {
  return Response.json({ type: "about:blank", title, status, detail }, {
    status,
    headers: { ...headers, "content-type": PROBLEM_MEDIA_TYPE },
  });
}

/**
 * Serves routes until `signal` aborts.
 *
 * @param onListen is told where, with the real port when 0 was asked for
 * @throws {Error} when the address cannot be had
 */
export async function serve(
  { hostname, port }: ListenAddress,
  routes: readonly Route[],
  signal: AbortSignal,
  onListen: (address: string) => void,
): Promise<void> {
  const server = Deno.serve({
    hostname,
    port,
    signal,
    onListen: (at) => onListen(formatListenAddress(at)),
  }, (request) => answer(request, routes));
  await server.finished;
}

/** Answers a request of Node's server by routes. */
export function answerNode(routes: readonly Route[]) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers;
    const answered = await answer({
      method: request.method ?? "",
      url: `https://localhost${request.url ?? ""}`,
      headers: new Headers(authorization === undefined ? {} : { authorization }),
    }, routes);
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    response.end(await answered.text());
  };
}
