import { assertEquals, assertRejects } from "@std/assert";
import { KubeError } from "../kube/errors.ts";
import { FakeApiServer } from "../kube/testing/fake_api_server.ts";
import { inProcessFetch } from "../kube/testing/in_process.ts";
import { readConfigMap } from "./config_map.ts";

const CONFIG_MAPS = { group: "", version: "v1", resource: "configmaps" };

Deno.test("a ConfigMap is its data, one without data is empty, none is none, and a refusal is told", async () => {
  const server = new FakeApiServer();
  server.store.register({ ...CONFIG_MAPS, kind: "ConfigMap", namespaced: true });
  const put = (name: string, fields: object) =>
    server.store.put(CONFIG_MAPS, { metadata: { name, namespace: "system" }, ...fields });
  put("full", { data: { "connector.image": "i" } });
  put("empty", {});
  const client = { fetch: inProcessFetch(server.handle) };
  const read = (name: string) =>
    readConfigMap("system", name, { client, signal: new AbortController().signal });
  assertEquals(await read("full"), { "connector.image": "i" });
  assertEquals(await read("empty"), {});
  assertEquals(await read("none"), undefined);
  server.answerNext(1, { code: 403, reason: "Forbidden" });
  assertEquals((await assertRejects(() => read("full"), KubeError)).code, "forbidden");
  server.close();
});
