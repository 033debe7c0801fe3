import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadClusterConfig, type LoadOptions, serviceAccountConfig } from "./config.ts";
import { KubeError } from "./errors.ts";

const kubeconfig = (server: string) =>
  JSON.stringify({
    "current-context": "dev",
    "contexts": [
      { name: "dev", context: { cluster: "c" } },
      { name: "other", context: { cluster: "d" } },
    ],
    "clusters": [
      { name: "c", cluster: { server } },
      { name: "d", cluster: { server: "https://other" } },
    ],
  });

/** An environment and a file system, and what was looked at. */
function world(env: Record<string, string>, files: Record<string, string>) {
  const looked: string[] = [];
  const options: LoadOptions = {
    env: (name) => {
      looked.push(name);
      return env[name];
    },
    readTextFile: (path) => {
      const text = files[path];
      if (text === "forbidden") return Promise.reject(new Deno.errors.PermissionDenied(path));
      return text === undefined
        ? Promise.reject(new Deno.errors.NotFound(`no such file: ${path}`))
        : Promise.resolve(text);
    },
  };
  return { options, looked };
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const everything = {
  env: {
    KUBECONFIG: "/env/one:/env/two",
    KUBERNETES_SERVICE_HOST: "10.96.0.1",
    KUBERNETES_SERVICE_PORT: "443",
    HOME: "/home/ada",
  },
  files: {
    "/given": kubeconfig("https://given"),
    "/env/two": kubeconfig("https://env"),
    [`${SERVICE_ACCOUNT}/namespace`]: "flux-system\n",
    "/home/ada/.kube/config": kubeconfig("https://home"),
  },
};

Deno.test("a path that was given wins, and nothing else is looked at", async () => {
  const { options, looked } = world(everything.env, everything.files);
  const config = await loadClusterConfig({ ...options, kubeconfig: "/given" });
  assertEquals([config.server.host, looked], ["given", []]);
});

Deno.test("KUBECONFIG comes next; files that do not exist are skipped", async () => {
  const { options, looked } = world(everything.env, everything.files);
  const config = await loadClusterConfig(options);
  assertEquals([config.server.host, looked], ["env", ["KUBECONFIG"]]);
});

Deno.test("then the pod's service account", async () => {
  const { KUBECONFIG: _, ...env } = everything.env;
  const { options } = world(env, everything.files);
  const config = await loadClusterConfig(options);
  assertEquals({ ...config, server: config.server.href }, {
    origin: "the pod's service account",
    server: "https://10.96.0.1/",
    namespace: "flux-system",
    ca: { file: `${SERVICE_ACCOUNT}/ca.crt` },
    proxyUrl: undefined,
    user: { token: { file: `${SERVICE_ACCOUNT}/token` } },
  });
});

Deno.test("then the home directory", async () => {
  const { options } = world({ HOME: "/home/ada" }, everything.files);
  assertEquals((await loadClusterConfig(options)).server.host, "home");
});

Deno.test("a context is chosen by name in any of the files", async () => {
  for (const env of [everything.env, { HOME: "/home/ada" }]) {
    const { options } = world(env, everything.files);
    assertEquals((await loadClusterConfig({ ...options, context: "other" })).server.host, "other");
  }
});

Deno.test("an IPv6 service address gets its brackets", () => {
  assertEquals(serviceAccountConfig("fd00::1", "6443", "n").server.href, "https://[fd00::1]:6443/");
});

for (
  const [what, env, kubeconfigPath, hint] of [
    ["nothing at all", {}, undefined, "set KUBECONFIG"],
    ["no file in the home directory", { HOME: "/home/eve" }, undefined, "/home/eve/.kube/config"],
    ["a given path that does not exist", {}, "/nowhere", "cannot read /nowhere"],
    ["KUBECONFIG without any file", { KUBECONFIG: "/x:/y" }, undefined, "/x:/y"],
    ["a file that may not be read", { KUBECONFIG: "/secret:/given" }, undefined, "/secret"],
    [
      "a pod without a mounted service account",
      { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" },
      undefined,
      "/namespace",
    ],
  ] as const
) {
  Deno.test(`${what} is an error that says what to do`, async () => {
    const { options } = world(env, { "/given": kubeconfig("https://x"), "/secret": "forbidden" });
    const error = await assertRejects(
      () => loadClusterConfig({ ...options, kubeconfig: kubeconfigPath }),
      KubeError,
    );
    assertEquals(error.code, "invalid-config");
    assertStringIncludes(error.message, hint);
  });
}
