import { assertEquals } from "@std/assert";
import { startDemo } from "../demo/start_demo.ts";
import { startControlPlane } from "./control_plane.ts";
import { driveRecording } from "./drive_recording.ts";
import { mayWatch, namespace } from "./rbac.ts";
import { readRecording } from "./recording.ts";
import { waitFor } from "./wait_for.ts";

Deno.test("the demo shows the cluster of a kubeconfig, whichever way it is named", async (t) => {
  await using plane = await startControlPlane();
  await plane.apply(namespace("flux-system"), ...mayWatch("demo", { user: "demo" }));
  const kubeconfig = await plane.writeKubeconfig("demo", plane.accessFor("demo"));
  const recording = await readRecording(
    new URL("../../demo/recordings/hel1.jsonl", import.meta.url),
  );
  await driveRecording(plane.admin, recording);

  for (
    const [name, args, env] of [
      ["--kubeconfig", ["--kubeconfig", kubeconfig, "--region", "lab"], {}],
      ["KUBECONFIG", ["--region", "lab"], { KUBECONFIG: kubeconfig }],
    ] as const
  ) {
    await t.step(`by ${name}`, async () => {
      await using demo = await startDemo(["--port", "0", ...args], env);
      const [, url] = await demo.prints(/(http:\/\/127\.0\.0\.1:\d+)\/\?flow=rollout/);
      const nodes = await waitFor("all releases on the map", async () => {
        const response = await fetch(`${url}/v1/flows/rollout/snapshot`);
        if (!response.ok) return void await response.body?.cancel();
        const { nodes } = await response.json();
        return nodes.length === 29 && nodes as { id: string; status: string }[];
      });
      const waiting = nodes.filter(({ status }) => status !== "succeeded").map(({ id }) => id);
      assertEquals(waiting, ["lab", "lab/catalyst-platform"]);
      assertEquals(await demo.interrupt(), 0);
    });
  }
});
