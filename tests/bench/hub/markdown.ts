import { milliseconds, paragraph, table, whole } from "../markdown_text.ts";
import { DISTURBANCE } from "../results.ts";
import type { HubResult, HubResults } from "./results.ts";
import { judge } from "./targets.ts";

/** A run as Markdown. */
export function markdown(run: HubResults): string {
  const { results } = run;
  const sections = [
    introduction(run),
    disturbance(results),
    speedTable(
      "#### As fast as it goes, over mutual TLS 1.3",
      run,
      ({ tls, rate }) => tls && rate === 0,
    ),
    speedTable("#### As fast as it goes, without TLS", run, ({ tls, rate }) => !tls && rate === 0),
    rateTable(run),
    skippedList(run),
    verdictTable(results),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function introduction({ at, machine, pinned, windowSeconds, results }: HubResults): string {
  const client = Math.max(0, ...results.map(({ clientCpuShare }) => clientCpuShare));
  const date = new Date(at).toISOString().slice(0, 10);
  const cores = pinned
    ? "The hub has one core, the load client the other"
    : "Hub and load client share the cores";
  return paragraph(
    `Measured on ${date}: ${machine}. ${cores}; ${windowSeconds} s a measurement, on 127.0.0.1, ` +
      "all in one run: compare the hubs, not the absolute figures. Each stream is a producer and a " +
      "consumer with a connection each. The load client used " +
      `${client.toFixed(2)} of a core at most.`,
  );
}

function disturbance(results: readonly HubResult[]): string {
  const disturbed = results.filter(({ othersCpuShare }) => othersCpuShare > DISTURBANCE);
  if (disturbed.length === 0) return "";
  const most = Math.max(...disturbed.map(({ othersCpuShare }) => othersCpuShare));
  return paragraph(
    `Other programs disturbed ${disturbed.length} of ${results.length} measurements: they used up ` +
      `to ${most.toFixed(1)} of the cores meanwhile. CPU seconds say more than messages a second ` +
      "then. Repeat it on a quiet machine.",
  );
}

function speedTable(
  title: string,
  { results, labels }: HubResults,
  wanted: (result: HubResult) => boolean,
): string {
  const rows = results.filter(wanted);
  if (rows.length === 0) return "";
  return `${title}\n\n` + table(
    [
      ["Streams × bytes", "left"],
      ["Hub", "left"],
      ["Leg", "left"],
      ["Messages/s", "right"],
      ["CPU s a million", "right"],
      ["Messages a frame", "right"],
      ["p50 ms", "right"],
      ["p99 ms", "right"],
      ["Memory MB", "right"],
      ["Lost", "right"],
    ],
    rows.map((result) => [
      `${result.streams} × ${result.size}`,
      labels[result.peer] ?? result.peer,
      result.leg,
      whole(result.messagesPerSecond),
      result.cpuSecondsPerMillion.toFixed(2),
      result.messagesPerFrame.toFixed(0),
      milliseconds(result.latencyMs.p50),
      milliseconds(result.latencyMs.p99),
      whole(result.rssMb),
      whole(result.missing),
    ]),
  );
}

function rateTable({ results, labels }: HubResults): string {
  const rows = results.filter(({ rate }) => rate > 0);
  if (rows.length === 0) return "";
  return "#### Latency at a fixed rate, over mutual TLS 1.3\n\n" + table(
    [
      ["Messages/s", "right"],
      ["Streams × bytes", "left"],
      ["Hub", "left"],
      ["Leg", "left"],
      ["p50 ms", "right"],
      ["p99 ms", "right"],
      ["Hub CPU s", "right"],
    ],
    rows.map((result) => [
      whole(result.rate),
      `${result.streams} × ${result.size}`,
      labels[result.peer] ?? result.peer,
      result.leg,
      milliseconds(result.latencyMs.p50),
      milliseconds(result.latencyMs.p99),
      result.hubCpuSeconds.toFixed(2),
    ]),
  );
}

function skippedList({ skipped }: HubResults): string {
  if (skipped.length === 0) return "";
  return "Not measured:\n\n" +
    skipped.map(({ what, why }) => paragraph(`- ${what}: ${why}`)).join("");
}

function verdictTable(results: readonly HubResult[]): string {
  const verdicts = judge(results);
  if (verdicts.length === 0) return "";
  return "#### Targets\n\n" + table(
    [["Target", "left"], ["Measured", "right"], ["Met", "left"]],
    verdicts.map(({ target, measured, met }) => [target, measured, met ? "yes" : "**no**"]),
  );
}
