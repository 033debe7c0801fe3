import { assert, assertEquals } from "@std/assert";
import { builderFlags, GRPC_VARIABLES, testFlags } from "./permissions.ts";

const environment = { cache: "/cache/headrace", assets: undefined, path: ["/usr/bin"] };

Deno.test("no permission is given without a list", () => {
  for (const flag of [...builderFlags(environment, "/go/mod"), ...testFlags(environment, "/tmp")]) {
    assert(/^--allow-(read|write|env)=[^,\s]+(,[^,\s]+)*$/.test(flag), flag);
  }
});

Deno.test("the builder may write its cache only, and read Go's modules when there is Go", () => {
  assertEquals(builderFlags(environment, "/go/mod").slice(0, 2), [
    "--allow-read=tests/tools,/cache/headrace,/go/mod",
    "--allow-write=/cache/headrace",
  ]);
  assertEquals(builderFlags(environment, undefined)[0], "--allow-read=tests/tools,/cache/headrace");
});

Deno.test("tests may write temporary files only", () => {
  assertEquals(testFlags(environment, "/var/tmp").slice(0, 2), [
    "--allow-read=.,/cache/headrace,/var/tmp",
    "--allow-write=/var/tmp",
  ]);
});

Deno.test("tests of streams may read what gRPC asks for, beside what the tools need", () => {
  const [, , env] = testFlags(environment, "/tmp", GRPC_VARIABLES);
  assert(env?.startsWith("--allow-env=HEADRACE_TOOLS,"), env);
  assert(env?.includes(",GRPC_NODE_TRACE,"), env);
});
