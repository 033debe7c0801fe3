import { assert, assertEquals } from "@std/assert";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import { WritableApi } from "../../kube/testing/writable_api.ts";
import type { KubeFetch } from "../../kube/client.ts";
import type { Capabilities } from "./capabilities.ts";
import { BindingReporter, openReporter } from "./reporter.ts";

const GVR = {
  group: "transport.bubustack.io",
  version: "v1alpha1",
  resource: "transportbindings",
};
const envelope = {
  name: "voice-1-a-transport",
  namespace: "demo",
  binding: {
    transportRef: "rt",
    driver: "grpc",
    endpoint: "",
    audioCodecs: ["opus"],
    videoCodecs: ["h261"],
    binaryTypes: ["application/json"],
    protocolVersion: "1.0.0",
    settings: undefined,
  },
} as const;
const RESOLVED = {
  type: "Ready",
  status: "True",
  reason: "TransportReady",
  message: "Transport binding resolved",
  lastTransitionTime: "2020-01-01T00:00:00Z",
};
const ROUTED = { type: "Routed", status: "True", reason: "PeerToPeer", message: "linear" };

function world(wrap: (fetch: KubeFetch) => KubeFetch = (fetch) => fetch) {
  const server = new FakeApiServer();
  server.store.register({ ...GVR, kind: "TransportBinding", namespaced: true });
  const api = new WritableApi(server);
  const clock = new FakeClock();
  const lines: { message: string; attributes: Record<string, unknown> }[] = [];
  const reporter = () =>
    new BindingReporter({
      client: { fetch: wrap(inProcessFetch(api.handle)) },
      envelope,
      interval: 30_000,
      logger: (_level, message, attributes = {}) => lines.push({ message, attributes }),
      clock,
    });
  const put = (status: object = { conditions: [ROUTED, RESOLVED] }) =>
    server.store.put(GVR, {
      metadata: { name: envelope.name, namespace: "demo", generation: 2 },
      spec: {
        transportRef: "rt",
        driver: "grpc",
        audio: { codecs: [{ name: "opus", sampleRateHz: 48_000, channels: 1 }] },
      },
      status,
    });
  // deno-lint-ignore no-explicit-any
  const status = () => server.store.get(GVR, envelope.name, "demo")?.["status"] as any;
  const ready = () => {
    const { status: state, message } = status().conditions.find(
      ({ type }: { type: string }) => type === "Ready",
    );
    return `${state}: ${message}`;
  };
  return { server, api, clock, lines, reporter, put, status, ready };
}

const lastStatus = (api: WritableApi) => api.writes.at(-1)?.body["status"] as object;

Deno.test("a connector that is up says so with its codecs, then at each interval that it lives", async () => {
  const { api, clock, reporter, put, status, ready } = world();
  put();
  const one = reporter();
  one.start(() => ({}));
  await settle();
  assertEquals(ready(), "True: Connector reported negotiated codecs");
  const { negotiatedAudio, negotiatedBinary, observedGeneration, conditions } = status();
  assertEquals(negotiatedAudio, { name: "opus", sampleRateHz: 48_000, channels: 1 });
  assertEquals([negotiatedBinary, observedGeneration], ["application/json", 2]);
  assertEquals(status().negotiatedVideo, undefined, "the API server has no such name");
  assertEquals(conditions[0], ROUTED, "what others say stays");
  const [first] = conditions.slice(1);
  await clock.advance(30_000);
  await settle();
  assertEquals(ready(), "True: connector heartbeat (source=connector)");
  assert(status().conditions[1].lastTransitionTime > first.lastTransitionTime);
  assertEquals(api.writes.length, 2);
  const stopped = one.stop();
  await settle();
  await stopped;
  assertEquals(ready(), "False: connector shutting down");
  assertEquals([one.patches, one.failures, [...one.changes]], [3, 0, [
    ["negotiatedAudio", 1],
    ["negotiatedBinary", 1],
  ]]);
});

Deno.test("codecs that are seen replace the announced ones, and are written when they change", async () => {
  const { api, clock, reporter, put, status } = world();
  put();
  const one = reporter();
  let observed: Capabilities = {};
  one.start(() => observed);
  await settle();
  // As the API server may have ordered it.
  const { conditions } = status();
  put({ ...status(), negotiatedAudio: { channels: 1, sampleRateHz: 48_000, name: "opus" } });
  observed = { audio: { name: "opus", sampleRateHz: 48_000, channels: 1 } };
  await clock.advance(30_000);
  assertEquals(Object.keys(lastStatus(api)), ["observedGeneration", "conditions"]);
  assertEquals(conditions.length, 2);
  observed = { audio: { name: "pcm16", sampleRateHz: 16_000 }, binary: "image/png" };
  await clock.advance(30_000);
  assertEquals(status().negotiatedAudio.name, "pcm16");
  assertEquals(status().negotiatedBinary, "image/png");
  assertEquals([...one.changes], [["negotiatedAudio", 2], ["negotiatedBinary", 2]]);
  const stopped = one.stop();
  await settle();
  await stopped;
});

Deno.test("a connector that was replaced does not say that its successor is gone", async () => {
  const { clock, reporter, put, ready } = world();
  put();
  const [old, next] = [reporter(), reporter()];
  old.start(() => ({}));
  await settle();
  await clock.advance(2_000);
  next.start(() => ({}));
  await settle();
  await old.stop();
  assertEquals(ready(), "True: Connector reported negotiated codecs");
  await next.stop();
  assertEquals(ready(), "False: connector shutting down");
});

Deno.test("when another writes at the same moment, neither is lost", async () => {
  let others = 3;
  const context = world((fetch) => async (path, init) => {
    const answer = await fetch(path, init);
    if (init?.method === undefined && others > 0) {
      others--;
      context.put({ endpoint: `hub-${others}`, conditions: [ROUTED, RESOLVED] });
    }
    return answer;
  });
  const { reporter, put, status, ready } = context;
  put();
  const one = reporter();
  one.start(() => ({}));
  await settle();
  assertEquals(ready(), "True: Connector reported negotiated codecs");
  assertEquals([status().endpoint, one.failures], ["hub-0", 0]);
  await one.stop();
});

Deno.test("a binding that is not there yet is waited for, a refusal is logged once with what is missing", async () => {
  const { api, clock, lines, reporter, put, ready } = world();
  const one = reporter();
  one.start(() => ({}));
  await settle();
  put();
  api.refuse(/^PATCH/, 403, "Forbidden");
  for (let second = 0; second < 10; second++) await clock.advance(1_000).then(settle);
  assertEquals(lines.map(({ attributes }) => attributes.code), ["forbidden"]);
  assert(String(lines[0]?.attributes.hint).includes("patch on its status"));
  assert(one.failures > 1);
  api.allow();
  await clock.advance(30_000);
  await settle();
  assertEquals(ready(), "True: Connector reported negotiated codecs");
  await one.stop();
});

Deno.test("who never reported has nothing to take back", async () => {
  const { api, reporter, put } = world();
  put();
  await reporter().stop();
  assertEquals(api.writes, []);
});

Deno.test("without a cluster there is one line of log, and somebody's own kubeconfig is not used", async () => {
  const lines: string[] = [];
  const asked: string[] = [];
  const reporter = await openReporter({
    envelope,
    interval: 30_000,
    logger: (_level, message) => lines.push(message),
  }, (name) => {
    asked.push(name);
    return undefined;
  });
  assertEquals([reporter, lines], [undefined, ["no reports to a TransportBinding"]]);
  assertEquals(asked.includes("HOME"), false);
});
