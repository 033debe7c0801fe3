/**
 * Takes the pictures of the page about streams, into `docs/`: how a StoryRun of each topology looks
 * on the map. The flows are what the operator makes of such runs, and the map is the real one.
 */
import { transportBindingSchema } from "../../contracts/transport/resources.ts";
import { storyRunSchema } from "../../contracts/transport/runs.ts";
import { storySchema } from "../../contracts/transport/story.ts";
import type { KubeObject } from "../../kube/resources.ts";
import { seenBy } from "../../kube/seen.ts";
import { runFlow } from "../../operator/flow/run_flow.ts";
import {
  binding,
  connectorReady,
  run,
  type Step,
  story,
} from "../../operator/transport/testing/objects.ts";
import type { SeenRun } from "../../operator/transport/seen.ts";
import { launchBrowser } from "./browser.ts";
import { RouterProcess } from "./router_process.ts";

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  peers: [
    { name: "microphone" },
    { name: "transcribe", needs: ["microphone"] },
    { name: "archive", needs: ["transcribe"] },
  ],
  hub: [
    { name: "microphone" },
    { name: "transcribe", needs: ["microphone"] },
    { name: "translate", needs: ["microphone"] },
    { name: "subtitle", needs: ["transcribe", "translate"] },
  ],
  mixed: [
    { name: "microphone" },
    { name: "denoise", needs: ["microphone"] },
    { name: "transcribe", needs: ["denoise"] },
    { name: "answer", needs: ["transcribe"], if: '{{ eq packet.type "question" }}' },
  ],
};

const status = { conditions: [connectorReady()] };

/** Everything that an operator sees of a run whose connectors are all there. */
function seen(name: string, steps: readonly Step[]): SeenRun {
  const read = seenBy(storySchema);
  const of = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      creationTimestamp: new Date(Date.now() - 42_000).toISOString(),
    },
  });
  return {
    run: seenBy(storyRunSchema)({ ...of(run(name)), status }),
    story: read(of(story(steps))),
    storyKey: `demo/${name}`,
    bindings: steps.map((step) =>
      seenBy(transportBindingSchema)({ ...of(binding(step.name, { run: name })), status })
    ),
    stepRuns: [],
    transport: () => undefined,
    engram: () => undefined,
  };
}

await using router = await RouterProcess.start();
const browser = await launchBrowser();
try {
  for (const [name, steps] of Object.entries(STORIES)) {
    const flow = runFlow(seen(name, steps));
    if (flow === undefined) throw new Error(`no flow of ${name}`);
    await router.post(
      flow.flow.id,
      { type: "upsert-flow", flow: flow.flow },
      { type: "upsert-nodes", nodes: [...flow.nodes] },
      { type: "upsert-rels", relationships: [...flow.relationships] },
    );
    const context = await browser.newContext({
      viewport: { width: 1000, height: 360 },
      colorScheme: "light",
      deviceScaleFactor: 2,
    });
    const page = await context.newPage();
    await page.goto(`${router.url}?flow=${encodeURIComponent(flow.flow.id)}`);
    await page.locator("flow-canvas [data-node]").last().waitFor({ state: "attached" });
    // The map comes to rest.
    await page.waitForTimeout(1_000);
    const path = `docs/stream_${name}.png`;
    await page.locator("flow-canvas").screenshot({ path });
    await Deno.stdout.write(new TextEncoder().encode(`${path}\n`));
    await context.close();
  }
} finally {
  await browser.close();
}
