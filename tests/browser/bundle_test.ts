import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the committed bundle is what the bundler makes of the sources", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const made = `${folder}/live.js`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--platform=browser",
        "--minify",
        `--output=${made}`,
        "server/ui/live.ts",
      ],
      cwd: ROOT,
      stdout: "null",
      stderr: "piped",
    }).output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
    const committed = await Deno.readTextFile(new URL("server/ui/dist/live.js", ROOT));
    const [, ...lines] = committed.split("\n");
    assertEquals(lines.join("\n"), await Deno.readTextFile(made), "run `deno task ui`");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
