import { assertEquals } from "@std/assert";
import { FakeClock } from "../kube/testing/fake_clock.ts";
import { type OperatorSettings, readSettings } from "./settings.ts";
import { watchSettings } from "./settings_watch.ts";

Deno.test("a changed ConfigMap counts within half a minute; a wrong one is said once and ignored", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let configMap: Record<string, string> | Error = {};
  const read = () => {
    if (configMap instanceof Error) throw configMap;
    return readSettings({ flags: new Map(), env: () => undefined, configMap });
  };
  const seen: OperatorSettings[] = [];
  const log: string[] = [];
  const ended = watchSettings(read(), {
    read: () => Promise.resolve().then(read),
    onChange: (settings) => seen.push(settings),
    log: (_level, message) => log.push(message),
    clock,
    signal: stop.signal,
  });
  await clock.advance(60_000);
  assertEquals(seen.length, 0);
  configMap = { "connector.image": "connector:2" };
  await clock.advance(30_000);
  assertEquals(seen.map(({ connector }) => connector.image), ["connector:2"]);
  configMap = { "connector.image-pull-policy": "Sometimes" };
  await clock.advance(90_000);
  configMap = new Error("away");
  await clock.advance(90_000);
  configMap = { "connector.image": "connector:3" };
  await clock.advance(30_000);
  assertEquals(seen.map(({ connector }) => connector.image), ["connector:2", "connector:3"]);
  assertEquals(log, [
    "settings are wrong, keeping the old",
    "settings cannot be read, keeping the old",
  ]);
  stop.abort();
  await ended;
  assertEquals(clock.pending, 0);
});
