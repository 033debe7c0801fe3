import { assert, assertEquals } from "@std/assert";
import { latencyOf } from "../histogram.ts";
import { withServer } from "../server_process.ts";
import { openWorkshop } from "../workshop.ts";
import { hubLoadClient } from "./load_client.ts";
import type { HubPeer } from "./peer.ts";
import { bare } from "./peers/bare.ts";
import { go } from "./peers/go.ts";
import { headrace } from "./peers/headrace.ts";
import { writeSetting } from "./setting.ts";

const PLACEMENT = { core: undefined, nice: 0 };

/** Runs `use` with what all of the tests need: the load client, certificates and stories. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-bench-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CASES: { peer: HubPeer; tls: boolean; batch: number; rate: number }[] = [
  { peer: headrace, tls: true, batch: 1, rate: 0 },
  { peer: headrace, tls: true, batch: 128, rate: 2000 },
  { peer: headrace, tls: false, batch: 128, rate: 0 },
  { peer: go, tls: true, batch: 1, rate: 0 },
  { peer: go, tls: false, batch: 1, rate: 2000 },
  { peer: bare, tls: true, batch: 1, rate: 2000 },
  { peer: bare, tls: false, batch: 1, rate: 0 },
];

Deno.test("every hub carries every message of every kind of load, in order", async (t) => {
  await withFolder(async (folder) => {
    const { signal } = new AbortController();
    const workshop = openWorkshop(folder, () => {});
    const load = hubLoadClient(await workshop.buildGo("hub/load"), PLACEMENT, signal);
    const { certificates, stories } = await writeSetting(`${folder}/setting`);
    for (const { peer, tls, batch, rate } of CASES) {
      await t.step(`${peer.name}, ${batch} a frame, ${rate}/s, TLS ${tls}`, async () => {
        const hub = await peer.prepare(workshop);
        const setting = { certificates: tls ? certificates : undefined, stories };
        await withServer(
          { command: (place) => Promise.resolve(hub.command(place, setting)) },
          { folder: `${folder}/run`, placement: PLACEMENT, signal },
          async ({ addr, pid }) => {
            const { messages, sent, missing, disorder, latency } = await load({
              addr,
              pid,
              certificates: tls ? certificates : "",
              streams: 2,
              size: 100,
              batch,
              rate,
              warmUpMs: 100,
              windowMs: 100,
              drainMs: 10_000,
            });
            assert(messages > 0 && sent >= messages, `${messages} of ${sent}`);
            assertEquals({ missing, disorder }, { missing: 0, disorder: 0 });
            assert((latencyOf(latency).p50 ?? 0) > 0);
          },
        );
      });
    }
  });
});
