import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type AdapterConfig, ConfigError, parseConfig } from "./config.ts";
import { VARIABLES } from "./variables.ts";

const REQUIRED = {
  FLOW_SERVER_URL: "https://openova-flow.example",
  FLOW_ID: "dep-1",
  REGION_KEY: "fsn1",
};

function parse(env: Record<string, string>): AdapterConfig {
  return parseConfig((name) => env[name]);
}

function problemsOf(env: Record<string, string>): readonly string[] {
  return assertThrows(() => parse({ ...REQUIRED, ...env }), ConfigError).problems;
}

Deno.test("the three required values are enough, the rest has the original's defaults", () => {
  assertEquals(parse(REQUIRED), {
    flowServerUrl: "https://openova-flow.example",
    flowId: "dep-1",
    regionKey: "fsn1",
    namespaces: ["flux-system"],
    kinds: ["HelmRelease", "HelmChart"],
    emitInterval: 200,
    postTimeout: 10_000,
    healthListenAddr: { hostname: "0.0.0.0", port: 8081 },
    statusMapping: "flux",
    lease: { name: "headrace-adapter-fsn1", duration: 15_000, holder: "headrace-adapter" },
  });
});

Deno.test("every value can be set", () => {
  assertEquals(
    parse({
      FLOW_SERVER_URL: " http://router:8080/base// ",
      FLOW_ID: "dep 2",
      REGION_KEY: "hel1",
      NAMESPACE_FILTER: "media, flux-system,media,",
      WATCH_KINDS: "kustomization, GitRepository,HelmRelease,",
      EMIT_INTERVAL: "1.5s",
      POST_TIMEOUT: "1m",
      HEALTH_LISTEN_ADDR: "127.0.0.1:0",
      STATUS_MAPPING: "seed",
      FLOW_TOKEN_FILE: "/var/run/secrets/flow/token",
      LEASE_NAME: "rollout.headrace",
      LEASE_NAMESPACE: "headrace",
      LEASE_DURATION: "30s",
      POD_NAME: "adapter-7d9f",
    }),
    {
      flowServerUrl: "http://router:8080/base",
      flowId: "dep 2",
      regionKey: "hel1",
      namespaces: ["flux-system", "media"],
      kinds: ["HelmRelease", "GitRepository", "Kustomization"],
      emitInterval: 1_500,
      postTimeout: 60_000,
      healthListenAddr: { hostname: "127.0.0.1", port: 0 },
      statusMapping: "seed",
      flowTokenFile: "/var/run/secrets/flow/token",
      lease: {
        name: "rollout.headrace",
        namespace: "headrace",
        duration: 30_000,
        holder: "adapter-7d9f",
      },
    },
  );
});

Deno.test("a missing value names itself and what is expected, all of them at once", () => {
  const { problems } = assertThrows(() => parse({ FLOW_ID: "  " }), ConfigError);
  assertEquals(problems.map((problem) => problem.split(" ")[0]), [
    "FLOW_SERVER_URL",
    "FLOW_ID",
    "REGION_KEY",
  ]);
  for (const problem of problems) assertStringIncludes(problem, "is required: ");
});

Deno.test("a dry run needs no router, and takes one that is named", () => {
  const { FLOW_SERVER_URL: _, ...env } = REQUIRED as Record<string, string>;
  const urlOf = (env: Record<string, string>) =>
    parseConfig((name) => env[name], { isDryRun: true }).flowServerUrl;
  assertEquals(urlOf(env), "http://router.invalid");
  assertEquals(urlOf({ ...env, FLOW_SERVER_URL: "http://router:8080" }), "http://router:8080");
  assertThrows(() => urlOf({ ...env, FLOW_SERVER_URL: "router" }), ConfigError);
});

Deno.test("a bad value names itself, what is expected and what it got", () => {
  const bad: Record<string, string[]> = {
    FLOW_SERVER_URL: ["router:8080", "ftp://router", "/v1", "http://r/?a=1", "http://r/#a"],
    FLOW_ID: ["a\u0000b", "x".repeat(513), ".", ".."],
    REGION_KEY: ["eu/fsn1", "a\nb"],
    NAMESPACE_FILTER: ["Flux", "flux_system", "*,flux-system", ",", "-a"],
    EMIT_INTERVAL: ["200", "-1s", "2m"],
    POST_TIMEOUT: ["0", "10ms", "11m", "soon"],
    HEALTH_LISTEN_ADDR: ["8081", ":70000"],
    STATUS_MAPPING: ["Flux", "kstatus"],
    WATCH_KINDS: ["HelmStack", "HelmRelease,Pod", ",", "HelmChart"],
    LEASE_NAME: ["Headrace", "a_b", "-a", "a..b", "x".repeat(254)],
    LEASE_NAMESPACE: ["Headrace", "a.b"],
    LEASE_DURATION: ["15", "2s", "11m"],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const problems = problemsOf({ [name]: value });
      assertEquals(problems.length, 1, `${name}=${value}`);
      assert(problems[0]?.startsWith(`${name} must be `), problems[0]);
      assertStringIncludes(problems[0] ?? "", ", not ");
    }
  }
});

Deno.test("a password in the URL is refused and not repeated", () => {
  const [problem = ""] = problemsOf({ FLOW_SERVER_URL: "https://user:hunter2@router" });
  assertStringIncludes(problem, "without user");
  assert(!problem.includes("hunter2"));
});

Deno.test("* watches all namespaces", () => {
  assertEquals(parse({ ...REQUIRED, NAMESPACE_FILTER: "*" }).namespaces, "all");
});

Deno.test("the lease is named after the region, whatever that is called", () => {
  const nameOf = (REGION_KEY: string) => parse({ ...REQUIRED, REGION_KEY }).lease?.name;
  assertEquals(nameOf("EU West_1"), "headrace-adapter-eu-west-1");
  assertEquals(nameOf("Zürich."), "headrace-adapter-z-rich");
  assertEquals(nameOf("東京"), "headrace-adapter");
  assertEquals(nameOf("x".repeat(512))?.length, 253);
});

Deno.test("an empty lease name and off both mean that there is no election", () => {
  for (const LEASE_NAME of ["", " ", "off"]) {
    assertEquals(parse({ ...REQUIRED, LEASE_NAME }).lease, undefined);
  }
});

Deno.test("the holder is the pod, as the downward API or the container runtime names it", () => {
  const holderOf = (env: Record<string, string>) => parse({ ...REQUIRED, ...env }).lease?.holder;
  assertEquals(holderOf({ POD_NAME: "pod", HOSTNAME: "host" }), "pod");
  assertEquals(holderOf({ POD_NAME: "", HOSTNAME: "host" }), "host");
});

Deno.test("the environment table holds the seven variables of the original with their defaults", () => {
  assertEquals(
    VARIABLES.slice(0, 7).map(({ name, default: value, required }) => [name, value, required]),
    [
      ["FLOW_SERVER_URL", undefined, true],
      ["FLOW_ID", undefined, true],
      ["REGION_KEY", undefined, true],
      ["NAMESPACE_FILTER", "flux-system", false],
      ["EMIT_INTERVAL", "200ms", false],
      ["POST_TIMEOUT", "10s", false],
      ["HEALTH_LISTEN_ADDR", ":8081", false],
    ],
  );
});

Deno.test("parseConfig reads the table and HOSTNAME, but leaves KUBECONFIG to kube/", () => {
  const read = new Set<string>();
  parseConfig((name) => {
    read.add(name);
    return (REQUIRED as Record<string, string>)[name];
  });
  assertEquals(
    [...read, "KUBECONFIG"].sort(),
    [...VARIABLES.map(({ name }) => name), "HOSTNAME"].sort(),
  );
});
