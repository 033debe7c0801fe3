import { assertEquals, assertRejects } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
import { CLUSTER_KINDS, type Kind, RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import { KubeError } from "../../kube/errors.ts";
import type { KubeObject, ObjectMeta } from "../../kube/resources.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import { KubeDirectory } from "./kube_directory.ts";
import { ObjectLookup } from "./object_lookup.ts";

const CLUSTER: Readonly<Record<Kind, readonly KubeObject[]>> = {
  Story: [object("Story", "voice", {
    pattern: "realtime",
    transports: [{ name: "rt", transportRef: "livekit" }],
    steps: [{ name: "a", ref: { name: "engram-a" }, transport: "rt" }],
  })],
  StoryRun: [
    object("StoryRun", "run-1", { storyRef: { name: "voice" }, inputs: { style: "warm" } }),
  ],
  Transport: [object("Transport", "livekit", { provider: "livekit", driver: "grpc" })],
  Engram: [object("Engram", "engram-a", { mode: "job", templateRef: { name: "chat" } })],
  EngramTemplate: [object("EngramTemplate", "chat", { inputSchema: { type: "object" } })],
  StepRun: [],
  TransportBinding: [],
};

function object(
  kind: Kind,
  name: string,
  spec: object,
  meta: Partial<ObjectMeta> = {},
): KubeObject {
  const namespace = CLUSTER_KINDS.has(kind) ? {} : { namespace: "demo" };
  return { kind, metadata: { name, generation: 1, ...namespace, ...meta }, spec };
}

interface World {
  readonly server: FakeApiServer;
  readonly directory: KubeDirectory;
  readonly changes: string[];
  readonly clock: FakeClock;
  put(...objects: readonly KubeObject[]): void;
  watch(): Promise<void>;
}

/** A directory in front of a fake API server; it knows nothing until it is told to watch. */
async function inWorld(test: (world: World) => Promise<void>, namespace?: string): Promise<void> {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  for (const [kind, gvr] of Object.entries(RESOURCES)) {
    server.store.register({ ...gvr, kind, namespaced: !CLUSTER_KINDS.has(kind as Kind) });
  }
  const stop = new AbortController();
  const client = { fetch: inProcessFetch(server.handle) };
  const directory = new KubeDirectory(
    { client, clock, namespace },
    new ObjectLookup({ client, clock, signal: stop.signal }),
  );
  const changes: string[] = [];
  directory.onChange(({ namespace, storyRun, what }) =>
    changes.push(`${namespace}/${storyRun} ${what}`)
  );
  let running = Promise.resolve();
  const put = (...objects: readonly KubeObject[]) => {
    for (const one of objects) server.store.put(RESOURCES[one.kind as Kind], one);
  };
  try {
    await test({
      server,
      directory,
      changes,
      clock,
      put,
      async watch() {
        running = directory.run(stop.signal);
        await settle();
      },
    });
  } finally {
    stop.abort();
    await settle();
    await running;
    server.close();
  }
}

const all = Object.values(CLUSTER).flat();
const gets = ({ server }: World) =>
  server.requests.filter(({ kind }) => kind === "other").map(({ url }) =>
    url.pathname.split("/").slice(-2).join("/")
  );

Deno.test("what the watches have told is answered without a request, also when the server is away", () =>
  inWorld(async (world) => {
    world.put(...all);
    world.put(object("StoryRun", "bare", { storyRef: { name: "bare" } }));
    world.put(object("Story", "bare", { steps: [{ name: "a", ref: { name: "missing" } }] }));
    await world.watch();
    assertEquals(world.directory.caches.every(({ status }) => status.state === "synced"), true);
    world.server.refuse = () => new Response("", { status: 503 });
    const found = await world.directory.find("demo", "run-1");
    assertEquals(found?.storyRun.spec.inputs, { style: "warm" });
    assertEquals(found?.story.spec.steps.map(({ name }) => name), ["a"]);
    assertEquals([...found?.transports.keys() ?? []], ["livekit"]);
    assertEquals([...found?.engrams?.keys() ?? []], ["demo/engram-a"]);
    assertEquals([...found?.templates?.keys() ?? []], ["chat"]);
    assertEquals(gets(world), []);
    const bare = world.directory.find("demo", "bare");
    await world.clock.advance(50 + 100);
    assertEquals((await bare)?.engrams?.size, 0, "an engram that is not there is no reason");
  }));

Deno.test("what no watch has told of is asked for at once, by one request however many ask", () =>
  inWorld(async (world) => {
    world.put(...all);
    const found = await Promise.all([1, 2, 3].map(() => world.directory.find("demo", "run-1")));
    assertEquals(found.map((one) => one?.story.metadata.name), ["voice", "voice", "voice"]);
    assertEquals(gets(world), [
      "storyruns/run-1",
      "stories/voice",
      "transports/livekit",
      "engrams/engram-a",
      "engramtemplates/chat",
    ]);
    assertEquals(await world.directory.find("demo", "run-2"), undefined);
  }));

Deno.test("a lookup that fails is tried three times, then whoever asked is told", () =>
  inWorld(async (world) => {
    world.put(...all);
    let failures = 2;
    world.server.refuse = (path) =>
      path.includes("storyruns") && failures-- > 0 ? new Response("", { status: 503 }) : undefined;
    const found = world.directory.find("demo", "run-1");
    await world.clock.advance(50 + 100);
    assertEquals((await found)?.storyRun.metadata.name, "run-1");
    failures = 3;
    const refused = assertRejects(() => world.directory.find("demo", "run-1"), KubeError);
    await world.clock.advance(50 + 100);
    await refused;
  }));

Deno.test("changes of anything that a run is planned from concern that run alone", () =>
  inWorld(async ({ put, watch, changes, server }) => {
    put(...all, object("StoryRun", "other", { storyRef: { name: "else" } }));
    await watch();
    changes.length = 0;
    for (const kind of ["Story", "Transport", "Engram", "EngramTemplate", "StoryRun"] as const) {
      const [before] = CLUSTER[kind];
      put({ ...before!, metadata: { ...before!.metadata, generation: 2 } });
      await settle();
      assertEquals(changes.splice(0), ["demo/run-1 changed"], kind);
    }
    put({ ...CLUSTER.StoryRun[0]!, status: { phase: "Running" } });
    await settle();
    // The generation that was 2 is 1 again in this store; a status alone would change nothing.
    changes.length = 0;
    put({ ...CLUSTER.StoryRun[0]!, status: { phase: "Succeeded" } });
    await settle();
    assertEquals(changes, []);
    server.store.remove(RESOURCES.StoryRun, "other", "demo");
    await settle();
    assertEquals(changes, ["demo/other gone"]);
  }));

Deno.test("a run is gone when it is being deleted, and nobody finds it from then on", () =>
  inWorld(async ({ put, watch, changes, server, directory }) => {
    put(...all);
    await watch();
    changes.length = 0;
    const going = object("StoryRun", "run-1", { storyRef: { name: "voice" } }, {
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["x"],
    });
    put(going);
    await settle();
    assertEquals(changes, ["demo/run-1 gone"]);
    assertEquals(await directory.find("demo", "run-1"), undefined);
    server.store.remove(RESOURCES.StoryRun, "run-1", "demo");
    await settle();
    assertEquals(changes, ["demo/run-1 gone"], "said once");
    put(...CLUSTER.StoryRun);
    await settle();
    assertEquals((await directory.find("demo", "run-1"))?.storyRun.metadata.name, "run-1");
  }));

Deno.test("an object that is not what its kind should be is named, with the field", () =>
  inWorld(async ({ put, directory }) => {
    put(...CLUSTER.StoryRun, object("Story", "voice", { pattern: "realtime", steps: [] }));
    await assertRejects(() => directory.find("demo", "run-1"), ContractError, "Story demo/voice");
  }));

Deno.test("in one namespace the cluster's own kinds are watched all the same", () =>
  inWorld(async ({ put, watch, server, directory }) => {
    put(...all);
    await watch();
    const paths = new Set(server.requests.map(({ url }) => url.pathname));
    assertEquals(paths.has("/apis/transport.bubustack.io/v1alpha1/transports"), true);
    assertEquals(paths.has("/apis/bubustack.io/v1alpha1/namespaces/demo/stories"), true);
    assertEquals((await directory.find("demo", "run-1"))?.transports.size, 1);
  }, "demo"));
