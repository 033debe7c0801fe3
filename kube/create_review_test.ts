import { assertEquals, assertRejects } from "@std/assert";
import { createReview } from "./create_review.ts";
import { KubeError } from "./errors.ts";
import { inProcessFetch } from "./testing/in_process.ts";

const KIND = {
  group: "authentication.k8s.io",
  version: "v1",
  resource: "tokenreviews",
  kind: "TokenReview",
};

function ask(handle: (request: Request) => Promise<Response>, signal?: AbortSignal) {
  return createReview(KIND, { token: "t" }, {
    client: { fetch: inProcessFetch(handle) },
    signal: signal ?? new AbortController().signal,
  });
}

Deno.test("a review is posted, and its status is the answer", async () => {
  let seen: unknown;
  const status = await ask(async (request) => {
    seen = [request.method, new URL(request.url).pathname, await request.json()];
    return Response.json({ status: { authenticated: true } }, { status: 201 });
  });
  assertEquals(status, { authenticated: true });
  assertEquals(seen, ["POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token: "t" },
  }]);
});

Deno.test("a review that is refused, or answered with something else, is an error with a code", async () => {
  const codeOf = async (response: Response) =>
    (await assertRejects(() => ask(() => Promise.resolve(response)), KubeError)).code;
  assertEquals(await codeOf(new Response("no", { status: 403 })), "forbidden");
  assertEquals(await codeOf(Response.json({})), "bad-response");
  assertEquals(await codeOf(Response.json(null)), "bad-response");
});

Deno.test("an abort ends the question with the signal's own reason", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  const asked = assertRejects(
    () => ask(() => new Promise(() => {}), stop.signal),
    Error,
    "stopped",
  );
  stop.abort(reason);
  assertEquals(await asked, reason);
});
