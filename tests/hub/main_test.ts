import { assertEquals, assertStringIncludes } from "@std/assert";
import { FAN_OUT, storyText } from "../../hub/server/testing/memory_hub.ts";
import { createAuthority } from "../cluster/x509.ts";
import { CACHE, runHub } from "./testing/hub_process.ts";
import { writeCertificate } from "./testing/test_hub.ts";

Deno.test("--help lists the settings, a missing one is named and ends with 2", async () => {
  const help = await (await runHub(["--help"], CACHE)).output();
  assertEquals(help.code, 0);
  assertStringIncludes(new TextDecoder().decode(help.stdout), "BUBU_HUB_MAX_ACTIVE_STREAMS");
  const none = { ...CACHE, KUBECONFIG: "/tmp/no-such-kubeconfig" };
  const missing = await (await runHub([], none)).output();
  assertEquals(missing.code, 2);
  assertStringIncludes(new TextDecoder().decode(missing.stdout), "HUB_STORIES_FILE is not set");
});

Deno.test("the hub's own permissions are enough, and SIGTERM ends it with 0", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-hub-" });
  await writeCertificate(folder, createAuthority("Headrace test"));
  await Deno.writeTextFile(`${folder}/stories.yaml`, storyText(FAN_OUT));
  await using hub = await runHub([], {
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
