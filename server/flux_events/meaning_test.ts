import { assertEquals } from "@std/assert";
import { meaningOf } from "./meaning.ts";

type Severity = "trace" | "info" | "error";

function wordsOf(severity: Severity, reason: string, message = ""): string | undefined {
  const meaning = meaningOf({ severity, reason, message });
  return meaning && `${meaning.status} ${meaning.state}`;
}

Deno.test("what helm-controller sends is what an adapter would say, as far as events go", () => {
  const table: [Severity, string, string][] = [
    ["info", "InstallSucceeded", "succeeded succeeded"],
    ["info", "UpgradeSucceeded", "succeeded succeeded"],
    ["info", "TestSucceeded", "succeeded succeeded"],
    ["error", "InstallFailed", "failed failed"],
    ["error", "UpgradeFailed", "failed failed"],
    ["error", "TestFailed", "failed failed"],
    ["info", "RollbackSucceeded", "failed failed"],
    ["error", "RollbackFailed", "failed failed"],
    ["error", "UninstallFailed", "failed failed"],
    ["error", "ArtifactFailed", "failed failed"],
    ["error", "ValuesError", "failed failed"],
    ["info", "DependencyNotReady", "pending blocked"],
    ["error", "DriftDetected", "succeeded drifted"],
    ["info", "DriftCorrected", "succeeded succeeded"],
  ];
  for (const [severity, reason, words] of table) assertEquals(wordsOf(severity, reason), words);
});

Deno.test("what the other controllers send is read by severity and the end of the reason", () => {
  const table: [Severity, string, string | undefined][] = [
    ["info", "ReconciliationSucceeded", "succeeded succeeded"],
    ["error", "BuildFailed", "failed failed"],
    ["error", "HealthCheckFailed", "failed failed"],
    ["info", "NewArtifact", "succeeded succeeded"],
    ["info", "GitOperationSucceeded", "succeeded succeeded"],
    ["error", "AuthenticationFailed", "failed failed"],
    ["info", "Progressing", "running applying"],
    ["info", "ImageRefUpdated", undefined],
    ["info", "constructor", undefined],
  ];
  for (const [severity, reason, words] of table) assertEquals(wordsOf(severity, reason), words);
  assertEquals(wordsOf("info", "Progressing", "Health check passed in 31s"), "succeeded succeeded");
});

Deno.test("an uninstall ends the object, unless it is the remedy for a failed install", () => {
  const done = "Helm uninstall succeeded for release apps/bp-loki.v1 with chart loki@1.4.2";
  const remedy = "Helm uninstall remediation for release apps/bp-loki.v1 succeeded";
  assertEquals(wordsOf("info", "UninstallSucceeded", done), "gone uninstalled");
  assertEquals(wordsOf("info", "UninstallSucceeded", remedy), "failed failed");
});

Deno.test("traces and warnings about something else say nothing about the state", () => {
  assertEquals(wordsOf("trace", "HelmChartCreated"), undefined);
  assertEquals(wordsOf("error", "InventoryBuildFailed"), undefined);
});
