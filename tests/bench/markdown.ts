import { formatLoad } from "./loads.ts";
import { milliseconds, paragraph, table, whole } from "./markdown_text.ts";
import { DISTURBANCE, type FanOutResult, type Results } from "./results.ts";
import { judge } from "./targets.ts";

/** A run as Markdown: what the README shows. */
export function markdown(results: Results): string {
  const sections = [
    introduction(results),
    disturbance(results),
    fanOutTable(results),
    idleTable(results),
    connectionsTable(results),
    ingestTable(results),
    stormTable(results),
    snapshotTable(results),
    skippedList(results),
    verdictTable(results),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function introduction(results: Results): string {
  const { at, machine, pinned, windowSeconds, fanOut, idle, connections, ingest } = results;
  const shares = [...fanOut, ...idle, ...connections, ...ingest].map((result) =>
    result.clientCpuShare
  );
  const client = shares.length === 0
    ? ""
    : ` The load client used ${Math.max(...shares).toFixed(2)} of a core at most.`;
  const date = new Date(at).toISOString().slice(0, 10);
  const cores = pinned
    ? "The server has one core, the load client the other"
    : "Server and load client share the cores";
  return paragraph(
    `Measured on ${date}: ${machine}. ${cores}; ${windowSeconds} s a measurement, on 127.0.0.1, ` +
      "all in one run: compare the servers, not the absolute figures. Before a load each server takes " +
      "some thousand messages, so that compilers at run time have done their work; memory is measured " +
      `before that.${client}`,
  );
}

function disturbance({ fanOut, idle, connections, ingest }: Results): string {
  const all = [...fanOut, ...idle, ...connections, ...ingest];
  const disturbed = all.filter(({ othersCpuShare }) => othersCpuShare > DISTURBANCE);
  if (disturbed.length === 0) return "";
  const most = Math.max(...disturbed.map(({ othersCpuShare }) => othersCpuShare));
  return paragraph(
    `Other programs disturbed ${disturbed.length} of ${all.length} measurements: they used up ` +
      `to ${most.toFixed(1)} of the cores meanwhile. Repeat it on a quiet machine.`,
  );
}

function fanOutTable({ fanOut, labels }: Results): string {
  if (fanOut.length === 0) return "";
  return "#### Fan-out of 200-byte messages\n\n" + table(
    [
      ["Streams × messages/s", "left"],
      ["Server", "left"],
      ["Deliveries/s", "right"],
      ["Server CPU s", "right"],
      ["Deliveries per CPU s", "right"],
      ["p50 ms", "right"],
      ["p99 ms", "right"],
      ["KB a connection", "right"],
      ["Behind at the end", "right"],
    ],
    fanOut.map((result) => [
      formatLoad(result),
      labels[result.peer] ?? result.peer,
      whole(result.deliveriesPerSecond),
      result.serverCpuSeconds.toFixed(2),
      whole(result.deliveriesPerCpuSecond),
      milliseconds(result.latencyMs.p50),
      milliseconds(result.latencyMs.p99),
      result.kbPerConnection.toFixed(0),
      behind(result),
    ]),
  );
}

/** What a server that cannot keep up owes when the run ends, as a share of all deliveries. */
function behind({ missing, published, subscribers }: FanOutResult): string {
  return missing === 0 ? "–" : `${(100 * missing / (published * subscribers)).toFixed(1)} %`;
}

function idleTable({ idle, labels }: Results): string {
  if (idle.length === 0) return "";
  return "#### Latency of an idle flow: single messages to 100 streams\n\n" + table(
    [["Server", "left"], ["p50 ms", "right"], ["p99 ms", "right"]],
    idle.map(({ peer, latencyMs }) => [
      labels[peer] ?? peer,
      milliseconds(latencyMs.p50),
      milliseconds(latencyMs.p99),
    ]),
  );
}

function connectionsTable({ connections, labels }: Results): string {
  if (connections.length === 0) return "";
  return "#### Held connections, one message a second to all\n\n" + table(
    [
      ["Connections", "right"],
      ["Server", "left"],
      ["KB a connection", "right"],
      ["All open after s", "right"],
      ["p99 ms", "right"],
      ["Lost", "right"],
    ],
    connections.map((result) => [
      whole(result.subscribers),
      labels[result.peer] ?? result.peer,
      result.kbPerConnection.toFixed(1),
      (result.connectMs / 1000).toFixed(1),
      milliseconds(result.latencyMs.p99),
      whole(result.missing),
    ]),
  );
}

function ingestTable({ ingest, labels }: Results): string {
  if (ingest.length === 0) return "";
  return "#### Ingest\n\n" + table(
    [
      ["Server", "left"],
      ["Messages a request", "left"],
      ["Requests/s", "right"],
      ["Messages/s", "right"],
      ["Messages per CPU s", "right"],
      ["p99 ms", "right"],
    ],
    ingest.map((result) => [
      labels[result.peer] ?? result.peer,
      result.form === "single"
        ? "1"
        : `${result.messagesPerRequest}, ${result.form === "batch" ? "JSON array" : "NDJSON"}`,
      whole(result.requestsPerSecond),
      whole(result.messagesPerSecond),
      whole(result.messagesPerCpuSecond),
      milliseconds(result.answerMs.p99),
    ]),
  );
}

function stormTable({ storm, labels }: Results): string {
  const [first] = storm;
  if (first === undefined) return "";
  const title = `${whole(first.clients)} clients come back at once, each ${first.missed} behind`;
  return `#### ${title}\n\n` + table(
    [
      ["Server", "left"],
      ["All whole after ms", "right"],
      ["A client's p50 ms", "right"],
      ["Server CPU s", "right"],
      ["Lost", "right"],
      ["Twice", "right"],
    ],
    storm.map((result) => [
      labels[result.peer] ?? result.peer,
      whole(result.wholeMs),
      milliseconds(result.clientMs.p50),
      result.serverCpuSeconds.toFixed(2),
      whole(result.missing),
      whole(result.duplicates),
    ]),
  );
}

const SNAPSHOT_KINDS = {
  "get": "GET, the flow has changed",
  "get-again": "GET, nothing has changed",
  "stream": "stream, until its snapshot is there",
};

function snapshotTable({ snapshot }: Results): string {
  const [first] = snapshot;
  if (first === undefined) return "";
  return `#### Snapshot of ${whole(first.nodes)} nodes, ${whole(first.bytes / 1024)} KB\n\n` +
    table(
      [["Read", "left"], ["p50 ms", "right"], ["p99 ms", "right"]],
      snapshot.map(({ kind, ms }) => [
        SNAPSHOT_KINDS[kind],
        milliseconds(ms.p50),
        milliseconds(ms.p99),
      ]),
    );
}

function skippedList({ skipped }: Results): string {
  if (skipped.length === 0) return "";
  return "Not measured:\n\n" +
    skipped.map(({ what, why }) => paragraph(`- ${what}: ${why}`)).join("");
}

function verdictTable(results: Results): string {
  const verdicts = judge(results);
  if (verdicts.length === 0) return "";
  return "#### Targets\n\n" + table(
    [["Target", "left"], ["Measured", "right"], ["Met", "left"]],
    verdicts.map(({ target, measured, met }) => [target, measured, met ? "yes" : "**no**"]),
  );
}
