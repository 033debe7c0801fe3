import { PROBLEM_MEDIA_TYPE } from "../../contracts/problem.ts";

/** What the plain HTTP port answers with. */
export interface HttpSources {
  /** Undefined when ready, else why not. */
  readonly notReady: () => string | undefined;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly streams: () => unknown;
}

/** `/healthz`, `/readyz`, `/metrics` and `GET /v1/streams`. */
export async function answerHttp(request: Request, sources: HttpSources): Promise<Response> {
  const { pathname } = new URL(request.url);
  const known = ["/healthz", "/readyz", "/metrics", "/v1/streams"];
  if (!known.includes(pathname)) return problem(404, "Not Found", `there are ${known.join(", ")}`);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return problem(405, "Method Not Allowed", "use GET", { allow: "GET, HEAD" });
  }
  const headers = { "cache-control": "no-store" };
  if (pathname === "/healthz") return new Response("ok\n", { headers });
  if (pathname === "/readyz") {
    const reason = sources.notReady();
    return new Response(`${reason ?? "ok"}\n`, {
      status: reason === undefined ? 200 : 503,
      headers,
    });
  }
  if (pathname === "/v1/streams") return Response.json(sources.streams(), { headers });
  const { text, contentType } = await sources.metrics();
  return new Response(text, { headers: { ...headers, "content-type": contentType } });
}

function problem(status: number, title: string, detail: string, headers = {}): Response {
  return Response.json({ type: "about:blank", title, status, detail }, {
    status,
    headers: { ...headers, "content-type": PROBLEM_MEDIA_TYPE },
  });
}
