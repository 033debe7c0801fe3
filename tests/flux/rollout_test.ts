import { assert, assertEquals } from "@std/assert";
import type { FlowNode } from "../../contracts/flow.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { FLOW, type Lab, REGION, startLab, TOLD_REGION } from "./lab.ts";
import { release, SHORT } from "./release.ts";
import { readFlow, shows } from "./shown.ts";

const RECORDING = new URL("../../adapter/flux/golden/lab.jsonl", import.meta.url);

const ROLLBACK = { upgrade: { remediation: { retries: 0, remediateLastFailure: true } } };
const strategy = { name: "RetryOnFailure", retryInterval: "1h" };
const RETRY = { install: { strategy, timeout: SHORT }, upgrade: { strategy } };

/** Waits until alerts tell of every release that they can tell of what the adapter tells. */
async function alertsAgree({ alerts, router }: Lab): Promise<void> {
  let shown: string[] = [];
  let expected: string[] = [];
  await waitFor("the alerts to agree with the adapter", async () => {
    // Both anew: a release that nobody waited for may still be on its way.
    const [adapter, told] = await Promise.all([
      readFlow(router.url, FLOW),
      readFlow(alerts.url, "alerts", alerts.token),
    ]);
    // A release that was never reconciled has had no event.
    expected = adapter.nodes
      .filter(({ id, region }) => region === REGION && id !== REGION)
      .filter(({ meta }) => meta?.["state"] !== "waiting-source")
      .map(({ id, status }) => `${id} ${status}`);
    shown = told.nodes.filter(({ id }) => id !== REGION)
      .map(({ id, status }) => `${id} ${status}`);
    return shown.join() === expected.join();
  }, { every: 100, describe: () => `${shown} is not ${expected}` });
}

/** Asks helm-controller to look at a release now, as `flux reconcile` does. */
function reconcile({ plane }: Lab, name: string): Promise<unknown> {
  const annotations = { "reconcile.fluxcd.io/requestedAt": `${performance.now()}` };
  return plane.admin.patch(release(name), { metadata: { annotations } });
}

Deno.test("what helm-controller itself does is shown as a person would say it", async (t) => {
  await using lab = await startLab();
  const { plane, sources, router, alerts, recorder } = lab;
  const read = () => readFlow(router.url, FLOW);
  sources.hold("flux-system-bp-cilium");

  await t.step(
    "installs: done, failed, retried, tested in vain, waiting for each other",
    async () => {
      await plane.apply(
        release("bp-cilium"),
        release("bp-cert-manager", { dependsOn: ["bp-cilium"] }),
        release("bp-flux", { dependsOn: ["bp-cert-manager"] }),
        release("bp-loki"),
        release("bp-mimir", { spec: ROLLBACK }),
        release("bp-tempo", { values: { deployment: true }, spec: { timeout: SHORT } }),
        release("bp-harbor", {
          values: { deployment: true },
          spec: {
            install: { timeout: SHORT, remediation: { retries: 0, remediateLastFailure: true } },
          },
        }),
        release("bp-grafana", { dependsOn: ["bp-tempo"] }),
        release("bp-gitea", { values: { deployment: true }, spec: RETRY }),
        release("bp-vault", { spec: { valuesFrom: [{ kind: "Secret", name: "vault" }] } }),
        release("bp-velero", { version: "9.9.9" }),
        release("bp-kyverno"),
        release("bp-crossplane", {
          values: { hook: "pre-delete" },
          spec: { uninstall: { timeout: SHORT } },
        }),
        release("bp-falco", { spec: { driftDetection: { mode: "warn" } } }),
        release("bp-spire", {
          values: { test: true },
          spec: { test: { enable: true, timeout: SHORT } },
        }),
      );
      const installed = { is: "succeeded succeeded", reason: "InstallSucceeded" };
      const nodes = await shows(read, REGION, {
        "bp-cilium": { is: "pending waiting-source", reason: "SourceNotReady" },
        "bp-cert-manager": { is: "pending blocked", blockedBy: ["bp-cilium"] },
        "bp-flux": { is: "pending blocked", blockedBy: ["bp-cert-manager"] },
        "bp-loki": installed,
        "bp-mimir": installed,
        "bp-tempo": {
          is: "failed stalled",
          reason: "RetriesExceeded",
          message: ["Failed to install after 1 attempt(s)", "[Deployment/apps/bp-tempo status"],
        },
        "bp-harbor": { is: "failed stalled", reason: "RetriesExceeded" },
        "bp-grafana": { is: "pending blocked", blockedBy: ["bp-tempo"] },
        "bp-gitea": {
          is: "failed retrying",
          reason: "InstallFailed",
          message: ["[Deployment/apps/bp-gitea status"],
        },
        "bp-vault": {
          is: "failed failed",
          reason: "ValuesError",
          message: ['secrets "vault" not found'],
        },
        "bp-velero": { is: "pending waiting-source" },
        "bp-kyverno": installed,
        "bp-crossplane": installed,
        "bp-falco": installed,
        "bp-spire": {
          is: "failed stalled",
          reason: "RetriesExceeded",
          message: ["Helm test failed", "[Pod/apps/bp-spire-test status"],
        },
      });
      const source = nodes.get("lab/bp-velero")?.meta?.["source"] as Record<string, unknown>;
      assertEquals(source["reason"], "InvalidChartReference");
      assertEquals(nodes.get(REGION)?.status, "failed");
      await alertsAgree(lab);
    },
  );

  await t.step("a chain that goes off, upgrades, a rollback, drift, deletions", async () => {
    sources.release("flux-system-bp-cilium");
    await plane.apply(
      release("bp-loki", { version: "1.1.0", values: { grist: "rye" } }),
      release("bp-mimir", { values: { invalid: true }, spec: ROLLBACK }),
    );
    await plane.admin.remove(release("bp-kyverno"));
    await plane.admin.remove(release("bp-crossplane"));
    const drifted = { namespace: "apps", name: "bp-falco" };
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: drifted };
    await plane.admin.patch(config, { data: { grist: "chaff" } });
    await reconcile(lab, "bp-falco");
    const installed = { is: "succeeded succeeded", reason: "InstallSucceeded" };
    const nodes = await shows(read, REGION, {
      "bp-cilium": installed,
      "bp-cert-manager": installed,
      "bp-flux": installed,
      "bp-loki": { is: "succeeded succeeded", reason: "UpgradeSucceeded" },
      "bp-mimir": {
        is: "failed stalled",
        reason: "RetriesExceeded",
        message: ["Failed to upgrade after 1 attempt(s)", '"Watermill"', "Helm rollback"],
      },
      "bp-falco": {
        is: "succeeded drifted",
        reason: "DriftDetected",
        message: ["ConfigMap/apps/bp-falco changed"],
      },
      "bp-kyverno": { is: "gone" },
      "bp-crossplane": {
        is: "failed terminating",
        reason: "UninstallFailed",
        message: ["[Job/apps/bp-crossplane-hook status"],
      },
    });
    assertEquals(nodes.get("lab/bp-loki")?.meta?.["revision"], "1.1.0");
    const [first, second, third] = ["bp-cilium", "bp-cert-manager", "bp-flux"].map((name) => {
      const { startedAt = NaN, endedAt = NaN } = nodes.get(`${REGION}/${name}`) ?? {};
      return { startedAt, endedAt };
    });
    assert(first!.endedAt <= second!.startedAt && second!.endedAt <= third!.startedAt);
    await alertsAgree(lab);
    const told = await readFlow(alerts.url, "alerts", alerts.token);
    const rolledBack = told.nodes.find(({ id }) => id === `${REGION}/bp-mimir`);
    const message = String(rolledBack?.meta?.["message"]);
    assert(message.includes('"Watermill"') && message.includes("Helm rollback"), message);
  });

  await t.step("a suspension, and what was broken is repaired", async () => {
    await plane.admin.patch(release("bp-cilium"), { spec: { suspend: true } });
    await plane.admin.patch(release("bp-crossplane"), {
      spec: { uninstall: { disableHooks: true } },
    });
    await plane.apply(
      release("bp-tempo"),
      release("bp-gitea", { spec: RETRY }),
      release("bp-velero", { version: "1.1.0" }),
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "vault", namespace: "flux-system" },
        stringData: { "values.yaml": "grist: wheat" },
      },
    );
    await reconcile(lab, "bp-vault");
    const succeeded = { is: "succeeded succeeded" };
    await shows(read, REGION, {
      "bp-cilium": { is: "succeeded suspended" },
      "bp-crossplane": { is: "gone" },
      "bp-tempo": succeeded,
      "bp-grafana": succeeded,
      "bp-gitea": succeeded,
      "bp-velero": succeeded,
      "bp-vault": succeeded,
    });
    await alertsAgree(lab);
  });

  await t.step(
    "an adapter takes over what alerts have told, and then they are ignored",
    async () => {
      const told = async () => (await read()).nodes.filter(({ region }) => region === TOLD_REGION);
      const emitters = (nodes: readonly FlowNode[]) =>
        new Set(nodes.map(({ meta }) => meta?.["emittedBy"]));
      const before = await told();
      assertEquals(emitters(before), new Set(["flux-events"]));
      await lab.startSecondAdapter();
      const after = await waitFor("the adapter's nodes", async () => {
        const nodes = await told();
        return emitters(nodes).has("flux-events") ? undefined : nodes;
      });
      // The very same nodes, and those that alerts never told of.
      const ids = after.map(({ id }) => id);
      for (const { id } of before) assert(ids.includes(id), id);
      const query = `?flow=${FLOW}&region=${TOLD_REGION}`;
      const response = await fetch(`${router.url}/v1/flux/events${query}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          involvedObject: { kind: "HelmRelease", name: "bp-loki", namespace: "flux-system" },
          severity: "error",
          reason: "UpgradeFailed",
          message: "of long ago",
          timestamp: "2026-01-01T00:00:00Z",
        }),
      });
      assertEquals((await response.json()).result, "ignored");
      assertEquals(await told(), after);
    },
  );

  await t.step("an unsigned alert is refused", async () => {
    const response = await fetch(`${alerts.url}/v1/flux/events?flow=alerts&region=lab`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    await response.body?.cancel();
    assertEquals(response.status, 401);
  });

  if (Deno.args.includes("--record")) {
    const lines = recorder.events.map((event) => `${JSON.stringify(event)}\n`);
    await Deno.writeTextFile(RECORDING, lines.join(""));
  }
});
