import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LEASES } from "../kube/lease.ts";
import { FakeApiServer } from "../kube/testing/fake_api_server.ts";
import { inProcessFetch } from "../kube/testing/in_process.ts";
import { WritableApi } from "../kube/testing/writable_api.ts";
import { runOperator } from "./run.ts";
import { EVENTS } from "./runtime/event_recorder.ts";
import { parseFlags } from "./flags.ts";
import { readSettings } from "./settings.ts";
import { binding, run, story } from "./transport/testing/objects.ts";
import { type Kind, RESOURCES } from "../contracts/transport/resource_kinds.ts";

const SERVED = ["--health-probe-bind-address=127.0.0.1:0", "--metrics-bind-address=127.0.0.1:0"];

function cluster() {
  const server = new FakeApiServer();
  for (const [kind, gvr] of Object.entries(RESOURCES)) {
    server.store.register({ ...gvr, kind, namespaced: kind !== "Transport" });
  }
  server.store.register({ ...EVENTS, kind: "Event", namespaced: true });
  server.store.register({ ...LEASES, kind: "Lease", namespaced: true });
  const api = new WritableApi(server);
  for (const object of [story(), binding("step-a"), binding("step-b"), run()]) {
    server.store.put(RESOURCES[object.kind as Kind], object);
  }
  return { server, api, client: { fetch: inProcessFetch(api.handle) } };
}

/** Starts an operator and waits until it serves; what it says can be read in `log`. */
async function start(client: ReturnType<typeof cluster>["client"], args: string[] = []) {
  const stop = new AbortController();
  const log: string[] = [];
  const addresses: Record<string, string> = {};
  const listening = Promise.withResolvers<void>();
  const settings = readSettings({
    flags: parseFlags([...SERVED, ...args]),
    env: (name) => name === "ENABLE_WEBHOOKS" ? "false" : undefined,
    configMap: {},
  });
  const ended = runOperator(settings, {
    client,
    namespace: "system",
    log: (_level, message) => log.push(message),
    signal: stop.signal,
    onListen: (what, address) => {
      addresses[what] = address;
      if (Object.keys(addresses).length === 2) listening.resolve();
    },
  });
  await Promise.race([listening.promise, ended]);
  const get = async (what: "health" | "metrics", path: string) => {
    const response = await fetch(`http://${addresses[what]}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { get, log, ended, stop: () => stop.abort() };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("an operator reconciles, serves probes and metrics, and ends when told", async () => {
  const { server, client } = cluster();
  const operator = await start(client);
  await until(() => server.store.list(EVENTS).length > 0);
  assertEquals((await operator.get("health", "/healthz")).status, 200);
  assertStringIncludes((await operator.get("health", "/readyz")).text, '"ready":true');
  assertEquals((await operator.get("health", "/metrics")).status, 404);
  assertStringIncludes(
    (await operator.get("metrics", "/metrics")).text,
    'headrace_reconcile_total{kind="StoryRun",result="success"}',
  );
  operator.stop();
  await operator.ended;
  assertEquals(operator.log.at(-1), "operator stopped");
  assertEquals(server.watchCount, 0);
  server.close();
});

Deno.test("of two operators one writes; the other is ready and takes over when the first goes", async () => {
  const { server, api, client } = cluster();
  const first = await start(client, ["--leader-elect"]);
  await until(() => server.store.list(EVENTS).length > 0);
  const second = await start(client, ["--leader-elect"]);
  await until(async () => (await second.get("health", "/readyz")).status === 200);
  assertStringIncludes((await second.get("health", "/readyz")).text, '"role":"candidate"');
  assert(!second.log.includes("reconciling"));
  const writes = api.writes.filter(({ target }) => target.includes("storyruns")).length;
  first.stop();
  await first.ended;
  await until(() => second.log.includes("reconciling"));
  server.store.put(RESOURCES.StoryRun, run("run-2"));
  await until(() =>
    api.writes.filter(({ target }) => target.includes("storyruns")).length > writes
  );
  second.stop();
  await second.ended;
  server.close();
});

Deno.test("an address that is taken ends the operator with an error, and leaves nothing running", async () => {
  const { server, client } = cluster();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const settings = readSettings({
    flags: parseFlags([
      `--health-probe-bind-address=127.0.0.1:${port}`,
      "--metrics-bind-address=0",
    ]),
    env: (name) => name === "ENABLE_WEBHOOKS" ? "false" : undefined,
    configMap: {},
  });
  await assertRejects(
    () =>
      runOperator(settings, {
        client,
        namespace: "system",
        log: () => {},
        signal: new AbortController().signal,
      }),
    Deno.errors.AddrInUse,
  );
  assertEquals(server.watchCount, 0);
  server.close();
});

for (
  const [what, flag, env, remedy] of [
    [
      "a webhook",
      "--metrics-bind-address=0",
      {},
      "--webhook-cert-path says, or set ENABLE_WEBHOOKS=false",
    ],
    [
      "secure metrics",
      "--metrics-secure",
      { ENABLE_WEBHOOKS: "false" },
      "--metrics-cert-path says, or set --metrics-secure=false",
    ],
  ] as const
) {
  Deno.test(`${what} without a certificate: the operator ends, and it is said what to do`, async () => {
    const { server, client } = cluster();
    const settings = readSettings({
      flags: parseFlags(["--health-probe-bind-address=0", flag]),
      env: (name) => (env as Record<string, string>)[name],
      configMap: {},
    });
    const error = await assertRejects(
      () =>
        runOperator(settings, {
          client,
          namespace: "system",
          log: () => {},
          signal: new AbortController().signal,
          readTextFile: () => Promise.reject(new Deno.errors.NotFound("no such file")),
        }),
      Error,
    );
    assertStringIncludes(error.message, "tls.crt cannot be read (no such file)");
    assertStringIncludes(error.message, remedy);
    assertEquals(server.watchCount, 0);
    server.close();
  });
}
