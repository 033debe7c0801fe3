import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { build, linkerFlags, recordedVersion, UNPROVED } from "./build.ts";
import { GO_TOOLS, type GoTool } from "./catalog.ts";
import { ToolsError } from "./errors.ts";
import { exists, type PinnedTool, printedVersion } from "./tools.ts";

const MAIN = `package main

import "fmt"

var version = "unstamped"

func main() { fmt.Println("mill", version) }
`;

/** A program of one file, built by the real Go: what is proved here is the way of building. */
async function withMill(
  source: string,
  stamp: GoTool["stamp"],
  test: (pinned: PinnedTool) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-build-" });
  try {
    await Deno.writeTextFile(`${folder}/go.mod`, "module example/mill\n\ngo 1.26.0\n");
    await Deno.writeTextFile(`${folder}/main.go`, source);
    const tool: GoTool = {
      name: "etcd",
      folder: "mill",
      module: "example/mill",
      package: "example/mill",
      oldest: "1.0.0",
      versionArgs: [],
      stamp,
    };
    await test({ tool, folder, version: "v1.2.3", cached: `${folder}/cache/mill/v1.2.3/mill` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const quiet = { onStatus: () => {}, signal: new AbortController().signal };

Deno.test("a built tool says the version that it was stamped with", async () => {
  await withMill(MAIN, (version) => ({ "main.version": version }), async (pinned) => {
    await build(pinned, quiet);
    assertEquals(await printedVersion(pinned.cached, []), "mill v1.2.3\n");
    assertFalse(await exists(pinned.cached + UNPROVED));
  });
});

Deno.test("a tool that says another version than its own never gets its name", async () => {
  await withMill(MAIN, () => ({}), async (pinned) => {
    const error = await assertRejects(() => build(pinned, quiet), ToolsError, "mill unstamped");
    assertEquals((error as ToolsError).code, "bad-binary");
    assertFalse(await exists(pinned.cached));
    assertFalse(await exists(pinned.cached + UNPROVED));
  });
});

Deno.test("a build that fails shows the compiler's complaint and leaves nothing", async () => {
  await withMill(MAIN.replace("fmt.Println", "fmt.Printline"), () => ({}), async (pinned) => {
    const error = await assertRejects(() => build(pinned, quiet), ToolsError, "Printline");
    assertEquals((error as ToolsError).code, "go-failed");
    assertFalse(await exists(pinned.cached));
  });
});

Deno.test("an interrupted build leaves no binary and the next one succeeds", async () => {
  await withMill(MAIN, (version) => ({ "main.version": version }), async (pinned) => {
    const signal = AbortSignal.abort(new Error("interrupted"));
    await assertRejects(() => build(pinned, { ...quiet, signal }), Error, "interrupted");
    assertFalse(await exists(pinned.cached));
    await build(pinned, quiet);
    assert(await exists(pinned.cached));
  });
});

Deno.test("kube-apiserver is stamped with its whole version and its numbers", () => {
  const tool = GO_TOOLS.find(({ name }) => name === "kube-apiserver");
  assert(tool !== undefined);
  const flags = linkerFlags(tool, "v1.36.3");
  for (const stamp of ["gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36"]) {
    assertStringIncludes(flags, `-X k8s.io/component-base/version.${stamp}`);
  }
});

Deno.test("a tool that does not say its version is proved by what Go wrote into it", () => {
  const printed = [
    "/cache/mill: go1.26.8",
    "\tpath\texample.org/mill/cmd/mill",
    "\tmod\texample.org/mill\tv1.2.3\th1:abc=",
    "\tdep\texample.org/stone\tv0.4.0\th1:def=",
    "",
  ].join("\n");
  assertEquals(recordedVersion(printed, "example.org/mill"), "v1.2.3");
  assertEquals(recordedVersion(printed, "example.org/stone"), "v0.4.0");
  assertEquals(recordedVersion(printed, "example.org/mill/cmd/mill"), undefined);
});
