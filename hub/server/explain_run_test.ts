import { assertEquals } from "@std/assert";
import { explainRun } from "./explain_run.ts";
import { answerHttp, type HttpSources } from "./http.ts";
import { MemoryHub, packetFrame, settle, storyText } from "./testing/memory_hub.ts";

const STEPS = [
  { name: "mic" },
  { name: "asr", needs: ["mic"] },
  { name: "gate", type: "condition", ref: undefined, needs: ["asr"], if: "{{ packet.ok }}" },
  { name: "reply", needs: ["gate", "asr"], runtime: { text: "{{ steps.asr.text }}" } },
];

const memory = () =>
  new MemoryHub(storyText(STEPS, {}, { concurrency: { mode: "serial", scope: "participant" } }));

Deno.test("a run is explained: where packets go, by which way and why, also before anybody connects", async () => {
  const explained = await explainRun(memory().hub, "demo", "voice-1");
  assertEquals(explained?.story, "voice");
  assertEquals(explained?.concurrency, { mode: "serial", scope: "participant" });
  assertEquals(explained?.awaits, ["asr", "reply"]);
  const steps = explained?.steps.map(({ step, kind, mode, reason, follows }) => ({
    step: `${step} ${kind} ${mode ?? "-"} ${reason ?? "-"}`,
    follows,
  }));
  assertEquals(steps, [
    { step: "mic engram p2p linear", follows: [{ step: "asr" }] },
    {
      step: "asr engram hub fan-out",
      follows: [
        { step: "gate", if: "{{ packet.ok }}" },
        { step: "reply", inputs: "runtime", joins: "all" },
      ],
    },
    {
      step: "gate primitive - -",
      follows: [{ step: "reply", inputs: "runtime", joins: "all" }],
    },
    { step: "reply engram hub runtime-block", follows: [] },
  ]);
});

Deno.test("what is connected and what was given up is of this run alone", async () => {
  const { hub, open } = bound(memory());
  const asr = await open("asr");
  asr.session.receive(packetFrame({ text: "hi" }));
  await settle();
  const explained = await explainRun(hub, "demo", "voice-1");
  assertEquals(
    explained?.steps.filter(({ connected }) => connected).map(({ step }) => step),
    ["asr"],
  );
  assertEquals(explained?.deadLetters.map(({ step }) => step), ["gate"]);
  assertEquals(await explainRun(hub, "demo", "voice-2"), undefined);
});

function bound(memory: MemoryHub) {
  return { hub: memory.hub, open: memory.open.bind(memory) };
}

Deno.test("HTTP answers with the run, 404 for an unknown one and 503 while it cannot be read", async () => {
  const ask = async (path: string, run: HttpSources["run"]) => {
    const response = await answerHttp(new Request(`http://hub${path}`), {
      notReady: () => undefined,
      metrics: () => Promise.resolve({ text: "", contentType: "text/plain" }),
      streams: () => ({}),
      ...run && { run },
    });
    return [response.status, await response.json()];
  };
  const found = (namespace: string, storyRun: string) => Promise.resolve({ namespace, storyRun });
  assertEquals(await ask("/v1/runs/demo/voice%2D1", found), [
    200,
    { namespace: "demo", storyRun: "voice-1" },
  ]);
  const [missing] = await ask("/v1/runs/demo/x", () => Promise.resolve(undefined));
  const [broken] = await ask("/v1/runs/demo/x", () => Promise.reject(new Error("away")));
  const [none] = await ask("/v1/runs/demo/x", undefined);
  assertEquals([missing, broken, none], [404, 503, 404]);
});
