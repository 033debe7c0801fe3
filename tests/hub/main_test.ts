import { assertEquals, assertStringIncludes } from "@std/assert";
import { FAN_OUT, storyText } from "../../hub/server/testing/memory_hub.ts";
import { createAuthority } from "../cluster/x509.ts";
import { writeCertificate } from "./testing/test_hub.ts";

/** The hub as `deno task hub` starts it. */
async function task(): Promise<string[]> {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  // The command's words, of which some are quoted.
  const words = (tasks.hub.command as string).match(/'[^']*'|\S+/g) ?? [];
  return words.slice(1).map((word) => word.replaceAll("'", ""));
}

async function run(args: string[], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: [...await task(), ...args],
    env,
    clearEnv: true,
    cwd: new URL("../../", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const CACHE = { DENO_DIR: Deno.env.get("DENO_DIR") ?? "", HOME: Deno.env.get("HOME") ?? "" };

Deno.test("--help lists the settings, a missing one is named and ends with 2", async () => {
  const help = await (await run(["--help"], CACHE)).output();
  assertEquals(help.code, 0);
  assertStringIncludes(new TextDecoder().decode(help.stdout), "BUBU_HUB_MAX_ACTIVE_STREAMS");
  const missing = await (await run([], CACHE)).output();
  assertEquals(missing.code, 2);
  assertStringIncludes(new TextDecoder().decode(missing.stdout), "HUB_STORIES_FILE is required");
});

Deno.test("the hub's own permissions are enough, and SIGTERM ends it with 0", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-hub-" });
  await writeCertificate(folder, createAuthority("Headrace test"));
  await Deno.writeTextFile(`${folder}/stories.yaml`, storyText(FAN_OUT));
  await using hub = await run([], {
    ...CACHE,
    HUB_LISTEN_ADDR: "127.0.0.1:0",
    HUB_HTTP_LISTEN_ADDR: "127.0.0.1:0",
    HUB_STORIES_FILE: `${folder}/stories.yaml`,
    BUBU_HUB_TLS_CERT_FILE: `${folder}/tls.crt`,
    BUBU_HUB_TLS_KEY_FILE: `${folder}/tls.key`,
    BUBU_HUB_CA_FILE: `${folder}/ca.crt`,
  });
  let log = "";
  for await (const text of hub.stdout.pipeThrough(new TextDecoderStream())) {
    log += text;
    if (log.includes("hub listens") && !log.includes("stopping")) hub.kill("SIGTERM");
  }
  const { code } = await hub.status;
  assertEquals(code, 0, log + new TextDecoder().decode(await readAll(hub.stderr)));
  assertStringIncludes(log, "stopping");
  await Deno.remove(folder, { recursive: true });
});

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}
