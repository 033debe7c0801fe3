import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ToolsError } from "./errors.ts";
import { HELP, parseOptions } from "./options.ts";

Deno.test("without arguments every tool is asked for", () => {
  assertEquals(parseOptions([]), {
    help: false,
    printPaths: false,
    names: ["etcd", "kube-apiserver", "kube-controller-manager", "helm", "actionlint"],
  });
});

Deno.test("tools can be named, in any order and more than once", () => {
  assertEquals(parseOptions(["kube-apiserver", "etcd", "etcd"]).names, ["etcd", "kube-apiserver"]);
});

Deno.test("--flux adds the controllers of Flux, to all tools or to the named ones", () => {
  const flux = ["helm-controller", "notification-controller"] as const;
  assertEquals(parseOptions(["--flux"]).names, [...parseOptions([]).names, ...flux]);
  assertEquals(parseOptions(["--flux", "etcd"]).names, ["etcd", ...flux]);
});

Deno.test("options are read beside tools", () => {
  const options = parseOptions(["--print-paths", "helm"]);
  assertEquals(options, { help: false, printPaths: true, names: ["helm"] });
  assertEquals(parseOptions(["-h"]).help, true);
});

Deno.test("an unknown tool or option is refused by name", () => {
  for (const [args, named] of [[["kubectl"], "kubectl"], [["--force"], "--force"]] as const) {
    const error = assertThrows(() => parseOptions(args), ToolsError, named);
    assertEquals(error.code, "usage");
  }
});

Deno.test("the help names every option and variable", () => {
  for (
    const word of ["--print-paths", "--flux", "--help", "HEADRACE_TOOLS", "KUBEBUILDER_ASSETS"]
  ) {
    assertStringIncludes(HELP, word);
  }
});
