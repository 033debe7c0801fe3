import { assertEquals, assertRejects } from "@std/assert";
import type { ClusterConfig, UserConfig } from "./cluster_config.ts";
import { CredentialStore } from "./credentials.ts";
import { KubeError } from "./errors.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";

/** A store whose files and plugin a test controls. */
function setUp(user: UserConfig) {
  const clock = new FakeClock();
  const files: Record<string, string> = { "/ca": "CA", "/token": "one\n" };
  const reads: string[] = [];
  const runs: (() => void)[] = [];
  let expiresIn: number | undefined;
  const config: ClusterConfig = {
    origin: "a test",
    server: new URL("https://10.0.0.1"),
    namespace: undefined,
    ca: { file: "/ca" },
    proxyUrl: undefined,
    user,
  };
  const store = new CredentialStore(config, {
    clock,
    readTextFile: (path) => {
      reads.push(path);
      const text = files[path];
      return text === undefined
        ? Promise.reject(new Deno.errors.NotFound("gone"))
        : Promise.resolve(text);
    },
    run: (_command, _args, env) =>
      new Promise((resolve) => {
        const number = runs.length + 1;
        runs.push(() =>
          resolve({
            code: 0,
            stderr: "",
            stdout: JSON.stringify({
              apiVersion: JSON.parse(env.KUBERNETES_EXEC_INFO ?? "{}").apiVersion,
              kind: "ExecCredential",
              status: {
                token: `exec-${number}`,
                ...(expiresIn === undefined
                  ? {}
                  : { expirationTimestamp: new Date(clock.now() + expiresIn).toISOString() }),
              },
            }),
          })
        );
      }),
  });
  const next = async () => {
    const promise = store.current();
    await settle();
    runs.at(-1)?.();
    return await promise;
  };
  return { clock, store, files, reads, runs, next, expireIn: (ms: number) => expiresIn = ms };
}

const exec: UserConfig = {
  exec: {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "login",
    args: [],
    env: {},
    provideClusterInfo: false,
    installHint: undefined,
  },
};

Deno.test("a rotated token file is noticed within a minute, and read no more often", async () => {
  const s = setUp({ token: { file: "/token" } });
  assertEquals((await s.store.current()).token, "one");
  s.files["/token"] = "two";
  await s.clock.advance(59_999);
  assertEquals((await s.store.current()).token, "one");
  await s.clock.advance(1);
  assertEquals((await s.store.current()).token, "two");
  assertEquals(s.reads, ["/ca", "/token", "/ca", "/token"]);
});

Deno.test("rotated certificates are noticed, too", async () => {
  const s = setUp({
    clientCertificate: { certificate: { file: "/cert" }, key: { text: "KEY" } },
  });
  s.files["/cert"] = "CERT-1";
  assertEquals(await s.store.current(), {
    ca: "CA",
    certificate: "CERT-1",
    key: "KEY",
    token: undefined,
  });
  s.files["/cert"] = "CERT-2";
  s.files["/ca"] = "CA-2";
  await s.clock.advance(60_000);
  const { ca, certificate } = await s.store.current();
  assertEquals([ca, certificate], ["CA-2", "CERT-2"]);
});

Deno.test("a refused token is looked up at once", async () => {
  const s = setUp({ token: { file: "/token" } });
  await s.store.current();
  s.files["/token"] = "two";
  s.store.invalidate();
  assertEquals((await s.store.current()).token, "two");
});

Deno.test("a file that cannot be read is a credentials error that names it", async () => {
  const s = setUp({ token: { file: "/nowhere" } });
  const error = await assertRejects(() => s.store.current(), KubeError);
  assertEquals([error.code, error.message], ["credentials", "cannot read /nowhere: gone"]);
});

Deno.test("a plugin without an expiry is run once, until the server refuses", async () => {
  const s = setUp(exec);
  assertEquals((await s.next()).token, "exec-1");
  await s.clock.advance(86_400_000);
  assertEquals((await s.next()).token, "exec-1");
  s.store.invalidate();
  assertEquals((await s.next()).token, "exec-2");
});

Deno.test("a plugin is run again shortly before its credential expires", async () => {
  const s = setUp(exec);
  s.expireIn(600_000);
  assertEquals((await s.next()).token, "exec-1");
  await s.clock.advance(589_999);
  assertEquals((await s.next()).token, "exec-1");
  await s.clock.advance(1);
  assertEquals((await s.next()).token, "exec-2");
});

Deno.test("requests at the same moment share one run of the plugin", async () => {
  const s = setUp(exec);
  const both = Promise.all([s.store.current(), s.store.current()]);
  await settle();
  assertEquals(s.runs.length, 1);
  s.runs[0]?.();
  assertEquals((await both).map(({ token }) => token), ["exec-1", "exec-1"]);
});

Deno.test("a token of a plugin goes before a static one, as a plugin goes before nothing", async () => {
  const s = setUp({ ...exec, token: { text: "static" } });
  assertEquals((await s.next()).token, "exec-1");
  assertEquals((await setUp({ token: { text: "static" } }).store.current()).token, "static");
  assertEquals((await setUp({}).store.current()).token, undefined);
});
