import { assert, assertEquals, assertFalse } from "@std/assert";
import { PROBLEM_MEDIA_TYPE } from "../contracts/problem.ts";
import { FakeClock } from "../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../kube/testing/in_process.ts";
import { answer, metrics } from "./http.ts";
import { MetricsAccess } from "./metrics_access.ts";

interface Asked {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** An API server that knows `scraper` and `stranger`, of whom the first may scrape. */
function api() {
  const asked: Asked[] = [];
  const log: string[] = [];
  const clock = new FakeClock();
  let handle = (review: Asked): Response => {
    if (review.kind === "TokenReview") {
      const { token } = review.spec;
      const authenticated = token === "scraper" || token === "stranger";
      const user = { username: token, uid: "1", groups: ["all"], extra: { a: ["b"] } };
      return Response.json({ status: { authenticated, ...(authenticated ? { user } : {}) } });
    }
    return Response.json({ status: { allowed: review.spec.user === "scraper" } });
  };
  const access = new MetricsAccess({
    client: {
      fetch: inProcessFetch(async (request) => {
        const review = await request.json() as Asked;
        asked.push(review);
        return handle(review);
      }),
    },
    clock,
    log: (_level, message, fields) => log.push(`${message} ${JSON.stringify(fields)}`),
    signal: new AbortController().signal,
  });
  const registry = { contentType: "text/plain", metrics: () => Promise.resolve("up 1\n") };
  const get = async (authorization?: string, path = "/metrics") => {
    const response = await answer(
      new Request(`https://operator${path}`, {
        headers: authorization === undefined ? {} : { authorization },
      }),
      [metrics(registry, access.refusal)],
    );
    const type = response.headers.get("content-type");
    if (response.status !== 200) assertEquals(type, PROBLEM_MEDIA_TYPE);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return { asked, log, clock, get, answerWith: (next: typeof handle) => handle = next };
}

Deno.test("metrics are for the token whose user may get /metrics, as the API server says", async () => {
  const { asked, get } = api();
  assertEquals((await get("Bearer scraper")).text, "up 1\n");
  assertEquals(asked, [
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "scraper" } },
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: "scraper",
        uid: "1",
        groups: ["all"],
        extra: { a: ["b"] },
        nonResourceAttributes: { path: "/metrics", verb: "get" },
      },
    },
  ]);
  assertEquals((await get("bearer stranger")).status, 403);
  const unknown = await get("Bearer nobody");
  assertEquals(unknown.status, 401);
  assertEquals(unknown.headers.get("www-authenticate"), 'Bearer error="invalid_token"');
  assertEquals((await get("Bearer scraper", "/else")).status, 404);
});

Deno.test("what is no bearer token costs the API server nothing", async () => {
  const { asked, get } = api();
  for (const header of [undefined, "", "Bearer", "Basic c2NyYXBlcg==", "Bearer a b"]) {
    const { status, headers } = await get(header);
    assertEquals([status, headers.get("www-authenticate")], [401, "Bearer"]);
  }
  assertEquals((await get(`Bearer ${"a".repeat(20_000)}`)).status, 401);
  assertEquals(asked, []);
});

Deno.test("a yes counts for a minute, a no for ten seconds, and no longer", async () => {
  const { asked, clock, get } = api();
  await get("Bearer scraper");
  await get("Bearer stranger");
  assertEquals(asked.length, 4);
  await clock.advance(9_999);
  await get("Bearer scraper");
  await get("Bearer stranger");
  assertEquals(asked.length, 4);
  await clock.advance(1);
  await get("Bearer stranger");
  assertEquals(asked.length, 6);
  await clock.advance(50_000);
  await get("Bearer scraper");
  assertEquals(asked.length, 8);
});

Deno.test("the same token at the same time is asked about once, and only a few tokens are", async () => {
  const { asked, get } = api();
  await Promise.all(Array.from({ length: 20 }, () => get("Bearer scraper")));
  assertEquals(asked.length, 2);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => get(`Bearer t${n}`)));
  assertEquals(answers.filter(({ status }) => status === 401).length, 8);
  assertEquals(answers.filter(({ status }) => status === 503).length, 12);
});

Deno.test("only so many verdicts are kept; the oldest go first", async () => {
  const { asked, get } = api();
  await get("Bearer scraper");
  for (let n = 0; n < 256; n++) await get(`Bearer t${n}`);
  const before = asked.length;
  await get("Bearer t255");
  assertEquals(asked.length, before);
  await get("Bearer scraper");
  assertEquals(asked.length, before + 2);
});

Deno.test("without an API server it is 503, said once and without the token, and kept for nobody", async () => {
  const { log, get, answerWith } = api();
  answerWith(() => new Response("no way for Bearer scraper", { status: 502 }));
  const away = await get("Bearer scraper");
  assertEquals([away.status, away.headers.get("retry-after")], [503, "5"]);
  assertEquals((await get("Bearer scraper")).status, 503);
  assertEquals(log.length, 1);
  assert(log[0]?.startsWith("scrapers cannot be reviewed"), log[0]);
  assertFalse(log[0]?.includes("Bearer scraper"), log[0]);
  answerWith(({ kind }) =>
    Response.json({
      status: kind === "TokenReview"
        ? { authenticated: true, user: { username: "scraper" } }
        : { allowed: true },
    })
  );
  assertEquals((await get("Bearer scraper")).status, 200);
});
