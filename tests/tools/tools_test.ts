import { assert, assertEquals, assertFalse, assertMatch, assertRejects } from "@std/assert";
import type { ToolsEnvironment } from "./environment.ts";
import { ToolsError } from "./errors.ts";
import { crdFolder, findTools, locate, pinnedTools, printedVersion } from "./tools.ts";

/** A machine with its own cache and one folder on PATH. */
async function withMachine(test: (environment: ToolsEnvironment) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-tools-" });
  try {
    await Deno.mkdir(`${folder}/bin`);
    await test({ cache: `${folder}/cache`, assets: undefined, path: [`${folder}/bin`] });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeTool(path: string, says: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
}

async function etcd(environment: ToolsEnvironment) {
  const pinned = (await pinnedTools(environment)).find(({ tool }) => tool.name === "etcd");
  assert(pinned !== undefined);
  return pinned;
}

Deno.test("every tool is pinned by its go.mod at a release that is new enough", async () => {
  for (const { version, cached } of await pinnedTools({ cache: "/cache" })) {
    assertMatch(version, /^v\d+\.\d+\.\d+$/);
    assertMatch(cached, new RegExp(`^/cache/.*/${version}-`));
  }
});

Deno.test("a tool on PATH is taken when it is new enough, else the one in the cache", async () => {
  await withMachine(async (environment) => {
    const pinned = await etcd(environment);
    const onPath = `${environment.path[0]}/etcd`;
    assertEquals(await locate(pinned, environment), { found: false, reasons: [] });

    await writeTool(pinned.cached, "");
    await writeTool(onPath, "etcd Version: 3.5.0");
    const cached = await locate(pinned, environment);
    assert(cached.found);
    assertEquals([cached.origin, cached.path], ["cache", pinned.cached]);

    await writeTool(onPath, "etcd Version: 3.6.1");
    const found = await locate(pinned, environment);
    assert(found.found);
    assertEquals([found.origin, found.path], ["PATH", onPath]);
  });
});

Deno.test("a file that cannot be run is no tool, one that fails says nothing", async () => {
  await withMachine(async ({ path: [bin] }) => {
    assertEquals(await printedVersion(`${bin}/none`, []), undefined);
    await Deno.writeTextFile(`${bin}/plain`, "not a program", { mode: 0o644 });
    assertEquals(await printedVersion(`${bin}/plain`, []), undefined);
    await Deno.writeTextFile(`${bin}/broken`, "#!/bin/sh\necho 9.9.9\nexit 1\n", { mode: 0o755 });
    assertEquals(await printedVersion(`${bin}/broken`, []), "");
  });
});

Deno.test("findTools names what is missing and the command that provides it", async () => {
  await withMachine(async (environment) => {
    await writeTool(`${environment.path[0]}/etcd`, "etcd Version: 3.4.9");
    const error = await assertRejects(() => findTools(["etcd"], environment), ToolsError);
    const { code, message } = error as ToolsError;
    assertEquals(code, "tools-missing");
    for (const word of ["etcd v", "3.4.9, older than", "CRDs of Flux", "deno task tools"]) {
      assert(message.includes(word), message);
    }
    assertFalse(message.includes("helm"));
  });
});

Deno.test("findTools gives the paths of what was asked for", async () => {
  await withMachine(async (environment) => {
    const pinned = await etcd(environment);
    await writeTool(pinned.cached, "");
    await Deno.mkdir(crdFolder(environment), { recursive: true });
    assertEquals(await findTools(["etcd"], environment), {
      binaries: { etcd: pinned.cached },
      crds: crdFolder(environment),
    });
  });
});
