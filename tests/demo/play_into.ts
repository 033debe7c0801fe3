/**
 * Plays a recorded cluster and lets the real adapter tell a router of it, until it is killed:
 * `play_into.ts <router> <region> <speed>`. Prints a line when the recording has ended.
 */
import { parseConfig } from "../../adapter/config.ts";
import { runAdapter } from "../../adapter/run.ts";
import { playRegion } from "../../demo/playback/region.ts";

const [router = "", region = "", speed = ""] = Deno.args;
const settings: Record<string, string> = {
  FLOW_SERVER_URL: router,
  FLOW_ID: "rollout",
  REGION_KEY: region,
};
const { healthListenAddr: _, ...config } = parseConfig((name) => settings[name]);
const { signal } = new AbortController();
const file = new URL(`../../demo/recordings/${region}.jsonl`, import.meta.url);
const { client, played } = await playRegion(await Deno.readTextFile(file), Number(speed), signal);
played.then(() => Deno.stdout.writeSync(new TextEncoder().encode("played\n")));
await runAdapter(config, { client, log: () => {}, signal });
