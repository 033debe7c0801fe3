import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  containerfile,
  entrypoint,
  instructions,
  type Part,
  PARTS,
  withEntrypoint,
} from "./containerfile.ts";

const ROOT = new URL("../", import.meta.url);
const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

async function read(part: Part) {
  return instructions(await Deno.readTextFile(containerfile(part)));
}

Deno.test("an image starts its program with the permissions of its task, and no others", async () => {
  for (const part of PARTS) {
    const [command, ...more] = (await read(part)).filter(({ name }) => name === "ENTRYPOINT");
    assertEquals(more, []);
    const advice =
      `run deno run --allow-read=. --allow-write=containers containers/containerfile.ts`;
    assertEquals(JSON.parse(command?.value ?? "[]"), entrypoint(config, part), advice);
  }
});

Deno.test("an image runs as a numeric user that is not root, from the pinned Deno", async () => {
  const pinned = /npx -y deno@(\S+)/.exec(await Deno.readTextFile(new URL(".ci/run", ROOT)))?.[1];
  for (const part of PARTS) {
    const lines = await read(part);
    assertEquals(lines.find(({ name }) => name === "USER")?.value, "1001:1001");
    assertEquals(lines.find(({ name }) => name === "ARG")?.value, `DENO_VERSION=${pinned}`);
    for (const { value } of lines.filter(({ name }) => name === "FROM")) {
      assert(/denoland\/deno:(distroless-)?\$\{DENO_VERSION\}/.test(value), value);
    }
    const last = lines.findLastIndex(({ name }) => name === "FROM");
    // Nothing is run in the image itself: it can be built for a platform that is not at hand.
    assertEquals(lines.slice(last).filter(({ name }) => name === "RUN"), []);
  }
});

Deno.test("instructions are read without comments and across continued lines", () => {
  assertEquals(instructions("# a\nFROM x\nLABEL a=1 \\\n  b=2\n\nUSER 1\n"), [
    { name: "FROM", value: "x" },
    { name: "LABEL", value: "a=1 b=2" },
    { name: "USER", value: "1" },
  ]);
  assertThrows(() => withEntrypoint("FROM x\n", []), Error, "no ENTRYPOINT");
});

/** What the help of each program must tell of. */
const KNOWN_SETTING: Readonly<Record<Part, string>> = {
  server: "FLOW_SERVER_",
  adapter: "FLOW_ID",
  operator: "--connector-image",
  hub: "HUB_STORIES_FILE",
};

/** Copies what the Containerfile copies from the build's context, and what its ignore file lets in. */
async function copyInto(folder: string, part: Part): Promise<void> {
  const sources = (await read(part))
    .filter(({ name, value }) => name === "COPY" && !value.startsWith("--from"))
    .flatMap(({ value }) => value.split(" ").slice(0, -1));
  const ignore = await Deno.readTextFile(`${containerfile(part).pathname}.dockerignore`);
  const allowed = ignore.split("\n").filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  for (const source of sources) {
    const isAllowed = allowed.some((path) => source === path || source.startsWith(`${path}/`));
    assert(isAllowed, `the ignore file keeps ${source} away`);
    await copy(new URL(source, ROOT).pathname, `${folder}/${source}`);
  }
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) {
    if (/_test\.ts$/.test(name) || name === "testing") continue;
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Runs a program to its end. @returns its output @throws {Error} with its complaint */
async function run(words: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: words.slice(1),
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout);
}

Deno.test("a Containerfile's steps end in an image that starts with nothing but its bundle", async () => {
  for (const part of PARTS) {
    const context = await Deno.makeTempDir({ prefix: "headrace-build-" });
    const image = await Deno.makeTempDir({ prefix: "headrace-image-" });
    const emptyCache = await Deno.makeTempDir({ prefix: "headrace-image-cache-" });
    try {
      const lines = await read(part);
      await copyInto(context, part);
      const [step, ...more] = lines.filter(({ name }) => name === "RUN");
      assertEquals(more, []);
      await run(step?.value.split(" ") ?? [], context);
      const bundle = lines.find(({ value }) => value.startsWith("--from=bundle"))?.value;
      assertEquals(bundle, `--from=bundle /app/${part}.js ./`);
      await Deno.copyFile(`${context}/${part}.js`, `${image}/${part}.js`);
      const help = await run([...entrypoint(config, part), "--help"], image, {
        DENO_DIR: emptyCache,
      });
      assertStringIncludes(help, KNOWN_SETTING[part]);
    } finally {
      for (const folder of [context, image, emptyCache]) {
        await Deno.remove(folder, { recursive: true });
      }
    }
  }
});
