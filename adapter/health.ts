import { formatListenAddress, type ListenAddress } from "../contracts/listen_address.ts";
import { PROBLEM_MEDIA_TYPE } from "../contracts/problem.ts";
import { type AdapterStatus, readiness } from "./readiness.ts";

/**
 * Answers a probe: `/healthz` as long as the process runs, `/readyz` with what it is judged by.
 */
export function answerProbe(request: Request, status: () => AdapterStatus): Response {
  const { pathname } = new URL(request.url);
  if (pathname !== "/healthz" && pathname !== "/readyz") {
    return problem(404, "Not Found", "there are /healthz and /readyz");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return problem(405, "Method Not Allowed", "use GET", { allow: "GET, HEAD" });
  }
  const headers = { "cache-control": "no-store" };
  if (pathname === "/healthz") return Response.json({ status: "ok" }, { headers });
  const body = readiness(status());
  return Response.json(body, { status: body.ready ? 200 : 503, headers });
}

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
  status: () => AdapterStatus,
  signal: AbortSignal,
  onListen: (address: string) => void,
): Promise<void> {
  const server = Deno.serve({
    hostname: address.hostname,
    port: address.port,
    signal,
    onListen: ({ hostname, port }) => onListen(formatListenAddress({ hostname, port })),
  }, (request) => answerProbe(request, status));
  await server.finished;
}
