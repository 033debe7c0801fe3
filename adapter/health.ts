import { formatListenAddress, type ListenAddress } from "../contracts/listen_address.ts";
import { PROBLEM_MEDIA_TYPE } from "../contracts/problem.ts";
import { type AdapterStatus, readiness } from "./readiness.ts";

/** What is told to whoever asks. */
export interface HealthSources {
  readonly status: () => AdapterStatus;
  readonly registry: { readonly contentType: string; metrics(): Promise<string> };
}

/**
 * Answers a probe: `/healthz` as long as the process runs, `/readyz` with what it is judged by,
 * `/metrics` in Prometheus text format.
 */
export async function answerProbe(
  request: Request,
  { status, registry }: HealthSources,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!PATHS.has(pathname)) {
    return problem(404, "Not Found", `there are ${[...PATHS].join(", ")}`);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return problem(405, "Method Not Allowed", "use GET", { allow: "GET, HEAD" });
  }
  const headers = { "cache-control": "no-store" };
  switch (pathname) {
    case "/healthz":
      return Response.json({ status: "ok" }, { headers });
    case "/metrics":
      return new Response(await registry.metrics(), {
        headers: { ...headers, "content-type": registry.contentType },
      });
    default: {
      const body = readiness(status());
      return Response.json(body, { status: body.ready ? 200 : 503, headers });
    }
  }
}

const PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

function problem(status: number, title: string, detail: string, headers = {}): Response {
  return Response.json({ type: "about:blank", title, status, detail }, {
    status,
    headers: { ...headers, "content-type": PROBLEM_MEDIA_TYPE },
  });
}

/**
 * Serves the probes until `signal` aborts.
 *
 * @param onListen is told where, with the real port when 0 was asked for
 * @throws {Error} when the address cannot be had
 */
export async function serveHealth(
  address: ListenAddress,
  sources: HealthSources,
  signal: AbortSignal,
  onListen: (address: string) => void,
): Promise<void> {
  const server = Deno.serve({
    hostname: address.hostname,
    port: address.port,
    signal,
    onListen: ({ hostname, port }) => onListen(formatListenAddress({ hostname, port })),
  }, (request) => answerProbe(request, sources));
  await server.finished;
}
