import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../contracts/contract_error.ts";
import { readHubConfig, VARIABLES } from "./config.ts";

const read = (env: Record<string, string>) =>
  readHubConfig((name) => ({ HUB_STORIES_FILE: "stories.yaml", ...env })[name]);

Deno.test("the original's variables and defaults hold, and its port moves the listener", () => {
  const config = read({ BUBU_HUB_PORT: "9100", BUBU_HUB_BUFFER_EVICTION_TTL: "5m" });
  assertEquals(config.listen, { hostname: "0.0.0.0", port: 9100 });
  assertEquals(config.certificates.certificate, "/var/run/hub-tls/tls.crt");
  assertEquals(config.limits.evictionTtl, 300_000);
  assertEquals(config.limits.maxStreams, 2_000);
  assertEquals(config.identity, "enforce");
});

Deno.test("without a file the runs are the cluster's, of all namespaces or of one", () => {
  assertEquals(read({}).storiesFile, "stories.yaml");
  const { storiesFile, namespace } = read({ HUB_STORIES_FILE: "" });
  assertEquals([storiesFile, namespace], [undefined, undefined]);
  assertEquals(read({ HUB_WATCH_NAMESPACE: "demo" }).namespace, "demo");
});

Deno.test("a wrong setting is named, with what is expected", () => {
  for (
    const [env, message] of [
      [{ HUB_IDENTITY: "trust" }, "HUB_IDENTITY must be enforce or report"],
      [{ HUB_OFFLOADED_DATA_POLICY: "controller" }, "must be error or inject"],
      [{ BUBU_HUB_MAX_ACTIVE_STREAMS: "0" }, "BUBU_HUB_MAX_ACTIVE_STREAMS must be an integer"],
      [{ HUB_DRAIN_TIMEOUT: "soon" }, "HUB_DRAIN_TIMEOUT must be a duration"],
    ] as const
  ) assertThrows(() => read(env), ContractError, message);
});

Deno.test("--help names every variable that is read", () => {
  const asked = new Set<string>();
  readHubConfig((name) => {
    asked.add(name);
    return name === "HUB_STORIES_FILE" ? "x" : undefined;
  });
  assertEquals(VARIABLES.map(({ name }) => name).toSorted(), [...asked].toSorted());
});
