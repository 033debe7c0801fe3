import { PROBLEM_MEDIA_TYPE } from "../../contracts/problem.ts";

/** What the plain HTTP port answers with. */
export interface HttpSources {
  /** Undefined when ready, else why not. */
  readonly notReady: () => string | undefined;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly streams: () => unknown;
  /** A run explained; resolves with undefined when there is none. Absent: nothing knows of runs. */
  readonly run?: (namespace: string, storyRun: string) => Promise<unknown>;
}

const RUN = /^\/v1\/runs\/([^/]+)\/([^/]+)$/;

/** `/healthz`, `/readyz`, `/metrics`, `GET /v1/streams` and `GET /v1/runs/<namespace>/<run>`. */
export async function answerHttp(request: Request, sources: HttpSources): Promise<Response> {
  const { pathname } = new URL(request.url);
  const known = ["/healthz", "/readyz", "/metrics", "/v1/streams"];
  const [, namespace, storyRun] = (sources.run && RUN.exec(pathname)) ?? [];
  if (!known.includes(pathname) && storyRun === undefined) {
    if (sources.run !== undefined) known.push("/v1/runs/<namespace>/<run>");
    return problem(404, "Not Found", `there are ${known.join(", ")}`);
  }
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
  if (namespace !== undefined && storyRun !== undefined) {
    return await answerRun(decoded(namespace), decoded(storyRun), sources, headers);
  }
  const { text, contentType } = await sources.metrics();
  return new Response(text, { headers: { ...headers, "content-type": contentType } });
}

async function answerRun(
  namespace: string,
  storyRun: string,
  { run }: HttpSources,
  headers: Record<string, string>,
): Promise<Response> {
  try {
    const found = await run?.(namespace, storyRun);
    if (found !== undefined) return Response.json(found, { headers });
    return problem(404, "Not Found", `there is no StoryRun ${namespace}/${storyRun}`);
  } catch {
    // Why is in the log: whoever reads plans has written it there.
    return problem(503, "Service Unavailable", "the StoryRun cannot be read at the moment");
  }
}

/** A path's segment; one that is no encoding is itself. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function problem(status: number, title: string, detail: string, headers = {}): Response {
  return Response.json({ type: "about:blank", title, status, detail }, {
    status,
    headers: { ...headers, "content-type": PROBLEM_MEDIA_TYPE },
  });
}
