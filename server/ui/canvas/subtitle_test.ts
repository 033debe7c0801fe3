import { assertEquals } from "@std/assert";
import { row } from "../testing/rows.ts";
import { subtitle } from "./subtitle.ts";

const NOW = 100_000;
const blocker = (label: string) => ({ key: label, label, phase: "failed" as const });

Deno.test("a failed node says why, or at least how it is", () => {
  assertEquals(subtitle(row({ phase: "failed", reason: "InstallFailed" }), NOW), "InstallFailed");
  assertEquals(subtitle(row({ phase: "failed", state: "Stalled" }), NOW), "Stalled");
});

Deno.test("a waiting node names the first that it waits for, and how many more there are", () => {
  const waiting = (...labels: string[]) => row({ waitsFor: labels.map(blocker) });
  assertEquals(subtitle(waiting("vault"), NOW), "waits for vault");
  assertEquals(subtitle(waiting("vault", "cilium", "flux"), NOW), "waits for vault +2");
  assertEquals(subtitle(row({ reason: "Suspended" }), NOW), "Suspended");
});

Deno.test("a running node says what it does and for how long, a done one how long it took", () => {
  const running = row({ phase: "running", state: "Installing", startedAt: NOW - 9_000 });
  assertEquals(subtitle(running, NOW), "Installing · 9s");
  assertEquals(subtitle(row({ phase: "running", state: "Installing" }), NOW), "Installing");
  const done = row({ phase: "succeeded", startedAt: 1_000, endedAt: 8_000 });
  assertEquals(subtitle(done, NOW), "7s");
  assertEquals(subtitle(row({ phase: "succeeded", state: "Succeeded" }), NOW), "Succeeded");
});
