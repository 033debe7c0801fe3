import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { discoverResource } from "./discovery.ts";
import { KubeError } from "./errors.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import type { ResourceDefinition } from "./testing/object_store.ts";

const GROUP = "helm.toolkit.fluxcd.io";
const KIND = { group: GROUP, kind: "HelmRelease" };
const releases = (version: string): ResourceDefinition => ({
  group: GROUP,
  version,
  resource: "helmreleases",
  kind: "HelmRelease",
  namespaced: true,
});

function setUp(...resources: ResourceDefinition[]) {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  for (const resource of resources) server.store.register(resource);
  const { signal } = new AbortController();
  const request = { fetch: inProcessFetch(server.handle), timeoutMs: 1_000, clock, signal };
  return { clock, server, request };
}

async function refusal(attempt: Promise<unknown>): Promise<KubeError> {
  return await assertRejects(() => attempt, KubeError) as KubeError;
}

Deno.test("a kind is found in the version that the server prefers", async () => {
  const { request } = setUp(releases("v2"), releases("v2beta2"));
  assertEquals(await discoverResource(request, KIND), {
    group: GROUP,
    version: "v2",
    resource: "helmreleases",
  });
  const older = setUp(releases("v2beta2"));
  assertEquals((await discoverResource(older.request, KIND)).version, "v2beta2");
});

Deno.test("a kind that the preferred version lacks is found in another", async () => {
  const gadgets = { ...releases("v3"), resource: "gadgets", kind: "Gadget" };
  const { request } = setUp(gadgets, releases("v2"), releases("v2beta2"));
  assertEquals((await discoverResource(request, KIND)).version, "v2");
});

Deno.test("the order of the server counts, not that of the names", async () => {
  const { request, server } = setUp(releases("v1"), releases("v2"));
  server.answerNextWith(() =>
    Response.json({
      kind: "APIGroup",
      versions: [{ version: "v1" }, { version: "v2" }],
      preferredVersion: { version: "v2" },
    })
  );
  assertEquals((await discoverResource(request, KIND)).version, "v2");
});

Deno.test("a subresource is not its parent", async () => {
  const status = { ...releases("v2"), resource: "helmreleases/status" };
  const { request } = setUp(status, releases("v2"));
  assertEquals((await discoverResource(request, KIND)).resource, "helmreleases");
});

Deno.test("a kind that nobody serves is a missing CRD, whatever is missing of it", async () => {
  const absent = await refusal(discoverResource(setUp().request, KIND));
  assertEquals(absent.code, "crd-missing");
  assertStringIncludes(absent.message, "HelmRelease.helm.toolkit.fluxcd.io is not served");
  const { request } = setUp(releases("v2"));
  const other = await refusal(discoverResource(request, { group: GROUP, kind: "HelmStack" }));
  assertEquals(other.code, "crd-missing");
});

Deno.test("a version that vanishes between two answers is passed over", async () => {
  const { request, server } = setUp(releases("v2"), releases("v2beta2"));
  const group = await server.handle(new Request(`http://x/apis/${GROUP}`));
  server.store.unregister(releases("v2"));
  server.answerNextWith(() => group);
  assertEquals((await discoverResource(request, KIND)).version, "v2beta2");
});

Deno.test("an answer that is an error, junk or none is no missing CRD", async () => {
  const { request, server, clock } = setUp(releases("v2"));
  server.answerNext(1, { code: 503, headers: { "retry-after": "1" } });
  const busy = await refusal(discoverResource(request, KIND));
  assertEquals([busy.code, busy.retryAfterMs], ["server-error", 1_000]);
  for (const text of ["<html>", "null", "{}", '{"kind":"APIGroup"}']) {
    server.answerNextWith(() => new Response(text));
    assertEquals((await refusal(discoverResource(request, KIND))).code, "bad-response", text);
  }
  server.answerNextWith(() => new Promise<never>(() => {}));
  const late = refusal(discoverResource(request, KIND));
  await clock.advance(1_000);
  assertEquals((await late).code, "timeout");
});

Deno.test("an abort ends it with the signal's reason", async () => {
  const { request } = setUp(releases("v2"));
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => discoverResource({ ...request, signal }, KIND), Error, "enough");
});
