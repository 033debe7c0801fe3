import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { KubeError } from "./errors.ts";
import { resolveKubeconfig } from "./kubeconfig.ts";

/** A kubeconfig with one context, whose parts a test replaces. JSON is YAML. */
function file(
  parts: {
    cluster?: Record<string, unknown>;
    user?: Record<string, unknown>;
    context?: Record<string, unknown>;
  } = {},
  path = "/home/ada/.kube/config",
) {
  return {
    path,
    text: JSON.stringify({
      "apiVersion": "v1",
      "kind": "Config",
      "current-context": "dev",
      "contexts": [{ name: "dev", context: { cluster: "c", user: "u", ...parts.context } }],
      "clusters": [{ name: "c", cluster: { server: "https://10.0.0.1:6443", ...parts.cluster } }],
      "users": [{ name: "u", user: parts.user ?? {} }],
    }),
  };
}

const resolve = (parts: Parameters<typeof file>[0]) => resolveKubeconfig([file(parts)]);
const refused = (parts: Parameters<typeof file>[0]) =>
  assertThrows(() => resolve(parts), KubeError);

Deno.test("kubectl's own YAML is read", () => {
  const config = resolveKubeconfig([{
    path: "/home/ada/.kube/config",
    text: `apiVersion: v1
kind: Config
current-context: kind-dev
preferences: {}
clusters:
- cluster:
    certificate-authority-data: ${btoa("-----BEGIN CERTIFICATE-----\n")}
    server: https://127.0.0.1:38611
  name: kind-dev
contexts:
- context:
    cluster: kind-dev
    namespace: flux-system
    user: kind-dev
  name: kind-dev
users:
- name: kind-dev
  user:
    client-certificate-data: ${btoa("cert")}
    client-key-data: ${btoa("key")}
`,
  }]);
  assertEquals({ ...config, server: config.server.href }, {
    origin: 'context "kind-dev" of /home/ada/.kube/config',
    server: "https://127.0.0.1:38611/",
    namespace: "flux-system",
    ca: { text: "-----BEGIN CERTIFICATE-----\n" },
    proxyUrl: undefined,
    user: { clientCertificate: { certificate: { text: "cert" }, key: { text: "key" } } },
  });
});

Deno.test("paths are relative to the file that names them", () => {
  const config = resolve({
    cluster: { "certificate-authority": "pki/ca.crt" },
    user: {
      "client-certificate": "pki/ada.crt",
      "client-key": "/etc/ada.key",
      "tokenFile": "../token",
    },
  });
  assertEquals(config.ca, { file: "/home/ada/.kube/pki/ca.crt" });
  assertEquals(config.user, {
    clientCertificate: {
      certificate: { file: "/home/ada/.kube/pki/ada.crt" },
      key: { file: "/etc/ada.key" },
    },
    token: { file: "/home/ada/token" },
  });
});

Deno.test("inline data wins over a file, and a token file over a token", () => {
  const config = resolve({
    cluster: {
      "certificate-authority": "ca.crt",
      "certificate-authority-data": btoa("inline"),
    },
    user: { token: "stale", tokenFile: "/run/token" },
  });
  assertEquals(config.ca, { text: "inline" });
  assertEquals(config.user, { token: { file: "/run/token" } });
});

Deno.test("a static token, an anonymous user and no user at all are fine", () => {
  assertEquals(resolve({ user: { token: "t0p" } }).user, { token: { text: "t0p" } });
  assertEquals(resolve({}).user, {});
  assertEquals(resolve({ context: { user: "" } }).user, {});
});

Deno.test("a server may have a path and a proxy", () => {
  const config = resolve({
    cluster: {
      "server": "https://rancher.example/k8s/clusters/c-1/",
      "proxy-url": "http://proxy:3128",
    },
  });
  assertEquals(config.server.pathname, "/k8s/clusters/c-1");
  assertEquals(config.proxyUrl, "http://proxy:3128");
});

Deno.test("an exec plugin is taken over, its path relative to the file, its bare name not", () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "./bin/login",
    args: ["--cluster", 7],
    env: [{ name: "PROFILE", value: "dev" }],
    interactiveMode: "IfAvailable",
    provideClusterInfo: true,
    installHint: "brew install login",
  };
  assertEquals(resolve({ user: { exec } }).user, {
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/home/ada/.kube/bin/login",
      args: ["--cluster", "7"],
      env: { PROFILE: "dev" },
      provideClusterInfo: true,
      installHint: "brew install login",
    },
  });
  const bare = resolve({ user: { exec: { ...exec, command: "aws", args: null, env: null } } });
  assertEquals(bare.user.exec?.command, "aws");
  assertEquals([bare.user.exec?.args, bare.user.exec?.env], [[], {}]);
});

Deno.test("impersonation is taken over", () => {
  const user = { "token": "t", "as": "bob", "as-groups": ["ops"], "as-uid": "42" };
  assertEquals(resolve({ user }).user.impersonate, { user: "bob", groups: ["ops"], uid: "42" });
});

for (
  const [what, parts, hint] of [
    ["insecure-skip-tls-verify", { cluster: { "insecure-skip-tls-verify": true } }, "authority"],
    ["tls-server-name", { cluster: { "tls-server-name": "k8s.internal" } }, "k8s.internal"],
    ["basic authentication", { user: { username: "ada", password: "hunter2" } }, "1.19"],
    ["an auth-provider", { user: { "auth-provider": { name: "gcp" } } }, "exec"],
    ["an unknown exec version", {
      user: { exec: { command: "x", apiVersion: "client.authentication.k8s.io/v1alpha1" } },
    }, "v1beta1"],
    ["an exec plugin that needs a terminal", {
      user: {
        exec: {
          command: "x",
          apiVersion: "client.authentication.k8s.io/v1",
          interactiveMode: "Always",
        },
      },
    }, "terminal"],
  ] as const
) {
  Deno.test(`${what} is refused with a reason and without secrets`, () => {
    const error = refused(parts);
    assertEquals(error.code, "unsupported-config");
    assertStringIncludes(error.message, 'context "dev"');
    assertStringIncludes(error.message, hint);
    assertEquals(error.message.includes("hunter2"), false);
  });
}

for (
  const [what, parts] of [
    ["a server that is no URL", { cluster: { server: "10.0.0.1" } }],
    ["a server of another protocol", { cluster: { server: "ftp://10.0.0.1" } }],
    ["a certificate without its key", { user: { "client-certificate-data": btoa("c") } }],
    ["data that is not base64", { cluster: { "certificate-authority-data": "%%%" } }],
    ["an exec without a command", {
      user: { exec: { apiVersion: "client.authentication.k8s.io/v1" } },
    }],
    ["groups to impersonate without a user", { user: { "as-groups": ["ops"] } }],
    ["a cluster that is missing", { context: { cluster: "other" } }],
    ["a user that is missing", { context: { user: "other" } }],
    ["a cluster without a server", { cluster: { server: "" } }],
  ] as const
) {
  Deno.test(`${what} is an invalid configuration`, () => {
    assertEquals(refused(parts).code, "invalid-config");
  });
}

Deno.test("a context can be chosen, and an unknown one is answered with those that exist", () => {
  const text = JSON.stringify({
    contexts: [
      { name: "a", context: { cluster: "c" } },
      { name: "b", context: { cluster: "c", namespace: "apps" } },
      { name: "half", context: {} },
    ],
    clusters: [{ name: "c", cluster: { server: "https://c" } }],
  });
  const files = [{ path: "/k", text }];
  assertEquals(resolveKubeconfig(files, "b").namespace, "apps");
  for (const name of ["x", "half"]) {
    const error = assertThrows(() => resolveKubeconfig(files, name), KubeError);
    assertEquals(
      error.message,
      `/k: "${name}" is not among the complete contexts, which are a, b`,
    );
  }
  const error = assertThrows(() => resolveKubeconfig(files), KubeError);
  assertEquals(error.message, "/k has no current-context: choose one of a, b");
});

Deno.test("of several files the first that names a thing wins", () => {
  const first = {
    path: "/one/config",
    text: JSON.stringify({
      clusters: [{
        name: "c",
        cluster: { server: "https://first", "certificate-authority": "ca" },
      }],
      users: [{ name: "u", user: { token: "first" } }],
    }),
  };
  const second = file({ cluster: { server: "https://second" } }, "/two/config");
  const third = { path: "/three/config", text: JSON.stringify({ "current-context": "other" }) };
  const config = resolveKubeconfig([first, second, third]);
  assertEquals(config.server.host, "first");
  assertEquals(config.ca, { file: "/one/ca" });
  assertEquals(config.user, { token: { text: "first" } });
  assertEquals(config.origin, 'context "dev" of /one/config, /two/config, /three/config');
});

for (const text of ["a: [", "just text", "", "- a\n- list", "null"]) {
  Deno.test(`a file that holds ${JSON.stringify(text)} is no kubeconfig`, () => {
    const error = assertThrows(() => resolveKubeconfig([{ path: "/k", text }]), KubeError);
    assertEquals(error.code, "invalid-config");
    assertStringIncludes(error.message, "/k is not");
  });
}

Deno.test("sections of the wrong shape are empty sections", () => {
  const text = JSON.stringify({
    "current-context": "dev",
    "contexts": { dev: {} },
    "clusters": "c",
    "users": 7,
  });
  const error = assertThrows(() => resolveKubeconfig([{ path: "/k", text }]), KubeError);
  assertStringIncludes(error.message, "which are none");
});
