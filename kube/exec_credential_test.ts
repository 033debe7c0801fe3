import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { ClusterConfig, ExecConfig } from "./cluster_config.ts";
import { KubeError } from "./errors.ts";
import { execCredential, type RunCommand } from "./exec_credential.ts";

const V1 = "client.authentication.k8s.io/v1";
const exec: ExecConfig = {
  apiVersion: V1,
  command: "login",
  args: ["--quiet"],
  env: { PROFILE: "dev" },
  provideClusterInfo: false,
  installHint: undefined,
};
const cluster: ClusterConfig = {
  origin: "a test",
  server: new URL("https://10.0.0.1:6443/"),
  namespace: undefined,
  ca: undefined,
  proxyUrl: "http://proxy:3128",
  user: { exec },
};
const printing = (stdout: unknown): RunCommand => () =>
  Promise.resolve({
    code: 0,
    stdout: typeof stdout === "string" ? stdout : JSON.stringify(stdout),
    stderr: "",
  });
const credential = (status: unknown) => ({ apiVersion: V1, kind: "ExecCredential", status });
const fails = (run: RunCommand, config = exec) =>
  assertRejects(() => execCredential(config, cluster, undefined, run), KubeError);

Deno.test("a real process is asked, and answers with a token", async () => {
  // The plugin is Deno itself.
  const plugin = `
    const info = JSON.parse(Deno.env.get("KUBERNETES_EXEC_INFO"));
    console.error("a word to the terminal");
    console.log(JSON.stringify({
      apiVersion: info.apiVersion,
      kind: info.kind,
      status: {
        token: [Deno.args[0], Deno.env.get("PROFILE"), info.spec.interactive].join("/"),
        expirationTimestamp: "2026-01-01T00:00:00Z",
      },
    }));`;
  const answer = await execCredential(
    { ...exec, command: Deno.execPath(), args: ["eval", plugin, "one"] },
    cluster,
    undefined,
  );
  assertEquals(answer, {
    token: "one/dev/false",
    certificate: undefined,
    key: undefined,
    expiresAt: Date.UTC(2026, 0, 1),
  });
});

Deno.test("a real process that fails is quoted by its standard error", async () => {
  const error = await assertRejects(
    () =>
      execCredential(
        {
          ...exec,
          command: Deno.execPath(),
          args: ["eval", 'console.log("secret"); console.error("not logged in"); Deno.exit(3)'],
        },
        cluster,
        undefined,
      ),
    KubeError,
  );
  assertEquals(error.code, "credentials");
  assertStringIncludes(error.message, "ended with code 3: not logged in");
  assert(!error.message.includes("secret"));
});

Deno.test("the plugin is told its cluster only when it wants to know", async () => {
  const asked: unknown[] = [];
  const run: RunCommand = (command, args, env) => {
    const { KUBERNETES_EXEC_INFO, ...rest } = env;
    asked.push([command, args, rest, JSON.parse(KUBERNETES_EXEC_INFO ?? "null").spec]);
    return printing(credential({ token: "t" }))(command, args, env);
  };
  await execCredential(exec, cluster, "PEM", run);
  await execCredential({ ...exec, provideClusterInfo: true }, cluster, "PEM", run);
  const common = ["login", ["--quiet"], { PROFILE: "dev" }];
  assertEquals(asked, [
    [...common, { interactive: false }],
    [...common, {
      interactive: false,
      cluster: {
        "server": "https://10.0.0.1:6443",
        "certificate-authority-data": btoa("PEM"),
        "proxy-url": "http://proxy:3128",
      },
    }],
  ]);
});

Deno.test("a certificate with its key is a credential, too", async () => {
  const status = { clientCertificateData: "CERT", clientKeyData: "KEY" };
  assertEquals(
    await execCredential(exec, cluster, undefined, printing(credential(status))),
    { token: undefined, certificate: "CERT", key: "KEY", expiresAt: undefined },
  );
});

for (
  const [what, stdout] of [
    ["text", "please log in: s3cret"],
    ["nothing", ""],
    ["null", null],
    ["another version", { ...credential({ token: "s3cret" }), apiVersion: `${V1}beta1` }],
    ["another kind", { ...credential({ token: "s3cret" }), kind: "Secret" }],
    ["no status", { apiVersion: V1, kind: "ExecCredential" }],
    ["a certificate alone", credential({ clientCertificateData: "CERT", token: "s3cret" })],
    ["a key alone", credential({ clientKeyData: "KEY", token: "s3cret" })],
    ["a time that is none", credential({ token: "s3cret", expirationTimestamp: "tomorrow" })],
  ] as const
) {
  Deno.test(`a plugin that prints ${what} is refused, and not quoted`, async () => {
    const error = await fails(printing(stdout));
    assertEquals(error.code, "credentials");
    assertStringIncludes(error.message, "the credential plugin login");
    assert(!error.message.includes("s3cret"));
  });
}

Deno.test("a command that is not installed is explained by its install hint", async () => {
  const missing: RunCommand = () => Promise.reject(new Deno.errors.NotFound("not found: login"));
  const error = await fails(missing, {
    ...exec,
    installHint: "Get it from https://login.example\n",
  });
  assertEquals(
    error.message,
    "the credential plugin login could not be started: not found: login. " +
      "Get it from https://login.example",
  );
});
