import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FakeApiServer } from "../kube/testing/fake_api_server.ts";
import { wireRelease } from "./flux/testing/release.ts";
import { CHARTS, RELEASES } from "./testing/cluster_world.ts";
import { VARIABLES } from "./variables.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
/** What the settings and the search for a cluster read. */
const ENV = [
  ...VARIABLES.map(({ name }) => name),
  "HOSTNAME",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "HOME",
];

/** The adapter as `deno task adapter` runs it, its environment narrowed. */
function start(env: Record<string, string>, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--frozen",
      "--cached-only",
      "--allow-net=127.0.0.1",
      "--allow-read",
      `--allow-env=${ENV.join()}`,
      MAIN,
      ...args,
    ],
    env: { HEALTH_LISTEN_ADDR: "127.0.0.1:0", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(env: Record<string, string>, ...args: string[]) {
  const { code, stdout } = await start(env, ...args).output();
  return { code, text: new TextDecoder().decode(stdout) };
}

const SETTINGS = {
  FLOW_SERVER_URL: "http://127.0.0.1:9",
  FLOW_ID: "rollout",
  REGION_KEY: "fsn1",
};

Deno.test("--help prints the environment table", async () => {
  const { code, text } = await run({}, "--help");
  assertEquals(code, 0);
  for (const { name } of VARIABLES) assertStringIncludes(text, name);
});

Deno.test("missing and wrong settings exit 2, one JSON line each", async () => {
  const { code, text } = await run({ FLOW_ID: "f", REGION_KEY: "a/b" });
  assertEquals(code, 2);
  const lines = text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ level, msg }) => [level, msg.split(" ")[0]]), [
    ["ERROR", "FLOW_SERVER_URL"],
    ["ERROR", "REGION_KEY"],
  ]);
});

Deno.test("a kubeconfig that does not exist, or an unknown argument, exits 2 and says so", async () => {
  const missing = await run({ ...SETTINGS, KUBECONFIG: "/nonexistent/config" });
  assertEquals(missing.code, 2);
  assertStringIncludes(missing.text, "/nonexistent/config");
  const unknown = await run(SETTINGS, "--verbose");
  assertEquals(unknown.code, 2);
  assertMatch(unknown.text, /unknown argument --verbose/);
});

/** A kubeconfig file for an API server without TLS, removed after the test. */
async function withKubeconfig(server: string, test: (path: string) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/config`;
    await Deno.writeTextFile(
      path,
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server } }],
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        users: [{ name: "u", user: {} }],
        "current-context": "c",
      }),
    );
    await test(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("--once --dry-run prints the messages and nothing else, without a router", async () => {
  const api = new FakeApiServer();
  for (const crd of [RELEASES, CHARTS]) api.store.register(crd);
  api.store.put(RELEASES, wireRelease({ name: "bp-a" }) as never);
  const served = await api.serve();
  try {
    await withKubeconfig(served.url.href, async (KUBECONFIG) => {
      const env = { FLOW_ID: "rollout", REGION_KEY: "fsn1", KUBECONFIG };
      const { code, stdout, stderr } = await start(env, "--once", "--dry-run").output();
      const lines = (bytes: Uint8Array) =>
        new TextDecoder().decode(bytes).trim().split("\n").map((line) => JSON.parse(line));
      assertEquals([code, lines(stdout).map(({ type }) => type)], [
        0,
        ["upsert-nodes", "upsert-rels", "upsert-flow"],
      ]);
      assertEquals(lines(stderr).map(({ msg }) => msg), ["cluster synced"]);
    });
    assertEquals(api.requests.filter(({ url }) => url.pathname.includes("/leases")), []);
  } finally {
    await served.close();
  }
});

Deno.test("--once that cannot list says why and exits 1", async () => {
  const api = new FakeApiServer();
  const served = await api.serve();
  try {
    await withKubeconfig(served.url.href, async (KUBECONFIG) => {
      const { code, stderr } = await start({ ...SETTINGS, KUBECONFIG }, "--once").output();
      assertEquals(code, 1);
      assertStringIncludes(new TextDecoder().decode(stderr), "is its CRD installed?");
    });
  } finally {
    await served.close();
  }
});

Deno.test("SIGTERM ends an adapter that can reach neither cluster nor router, with 0", () =>
  withKubeconfig("http://127.0.0.1:9", async (KUBECONFIG) => {
    const process = start({ ...SETTINGS, KUBECONFIG });
    const lines = process.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    let text = "";
    while (!text.includes("health listening")) {
      const { value, done } = await lines.next();
      assert(!done, text);
      text += value;
    }
    process.kill("SIGTERM");
    assertEquals((await process.status).code, 0);
    await lines.return?.();
    await process.stderr.cancel();
  }));
