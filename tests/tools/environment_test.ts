import { assertEquals, assertThrows } from "@std/assert";
import { readEnvironment } from "./environment.ts";
import { ToolsError } from "./errors.ts";

function read(variables: Record<string, string>) {
  return readEnvironment((name) => variables[name]);
}

Deno.test("the cache is under HOME by default", () => {
  assertEquals(read({ HOME: "/home/ada" }).cache, "/home/ada/.cache/headrace/tools");
});

Deno.test("the cache follows XDG_CACHE_HOME, and HEADRACE_TOOLS before it", () => {
  const base = { HOME: "/home/ada", XDG_CACHE_HOME: "/var/cache/ada" };
  assertEquals(read(base).cache, "/var/cache/ada/headrace/tools");
  assertEquals(read({ ...base, HEADRACE_TOOLS: "/opt/tools/" }).cache, "/opt/tools");
});

Deno.test("a relative XDG_CACHE_HOME counts as unset", () => {
  assertEquals(
    read({ HOME: "/home/ada", XDG_CACHE_HOME: "cache" }).cache,
    "/home/ada/.cache/headrace/tools",
  );
});

Deno.test("an environment without a cache folder says which variable to set", () => {
  assertThrows(() => read({}), ToolsError, "HEADRACE_TOOLS");
  assertThrows(() => read({ HOME: "/home/ada", HEADRACE_TOOLS: "tools" }), ToolsError, "absolute");
});

Deno.test("PATH gives its absolute folders in order", () => {
  assertEquals(read({ HOME: "/h", PATH: "/usr/bin::.:bin:/bin" }).path, [
    "/usr/bin",
    "/bin",
  ]);
  assertEquals(read({ HOME: "/h" }).path, []);
});

Deno.test("an empty KUBEBUILDER_ASSETS counts as unset", () => {
  assertEquals(read({ HOME: "/h", KUBEBUILDER_ASSETS: "" }).assets, undefined);
  assertEquals(read({ HOME: "/h", KUBEBUILDER_ASSETS: "/k8s/bin" }).assets, "/k8s/bin");
});

Deno.test("a cache folder that no permission flag can name is refused", () => {
  for (const path of ["/my tools", "/a,b", "relative"]) {
    assertThrows(() => read({ HOME: "/h", HEADRACE_TOOLS: path }), ToolsError, path);
  }
  assertThrows(() => read({ HOME: "/Users/Ada L" }), ToolsError, "HEADRACE_TOOLS");
});
