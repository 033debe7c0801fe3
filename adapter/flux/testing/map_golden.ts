/** What the mapping makes of a whole recording, as text that people can review. */
import type { FlowNode } from "../../../contracts/flow.ts";
import { type HelmChart, readHelmChart } from "../helm_chart.ts";
import { type HelmRelease, readHelmRelease } from "../helm_release.ts";
import { mapRegion, type RegionMap } from "../map_region.ts";
import { readRecording, type RecordedEvent, type RecordingName, RECORDINGS } from "./recording.ts";

/** The map after each event of a recording. */
export function* recordedMaps(
  events: readonly RecordedEvent[],
  regionKey: string,
): Generator<RegionMap> {
  const releases = new Map<string, HelmRelease>();
  const charts = new Map<string, HelmChart>();
  let map: RegionMap | undefined;
  for (const { event: { type, object } } of events) {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const release = object.kind === "HelmRelease" ? readHelmRelease(object) : undefined;
    const chart = object.kind === "HelmChart" ? readHelmChart(object) : undefined;
    if (release !== undefined) put(releases, key, type === "DELETED" ? undefined : release);
    if (chart !== undefined) put(charts, key, type === "DELETED" ? undefined : chart);
    map = mapRegion(
      { releases: releases.values(), charts: charts.values() },
      {
        flowId: "rollout",
        regionKey,
        namespaces: ["flux-system"],
        kinds: ["HelmRelease", "HelmChart"],
        statusMapping: "flux",
      },
      map,
    );
    yield map;
  }
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

/** How the flow went, and the map at the end. */
export function mapGolden(events: readonly RecordedEvent[], regionKey: string): string {
  const statuses: string[] = [];
  let last: RegionMap | undefined;
  for (const map of recordedMaps(events, regionKey)) {
    if (map.flow.status !== statuses.at(-1)) statuses.push(map.flow.status);
    last = map;
  }
  if (last === undefined) return "";
  return [
    `# flow: ${statuses.join(" -> ")}`,
    JSON.stringify(last.flow),
    "",
    "# nodes: id  status  family  meta",
    ...last.nodes.map(describe),
    "",
    "# relationships",
    ...last.relationships.map(({ fromId, toId, type, condition = "-" }) =>
      `${fromId}  ${type} ${condition}  ${toId}`
    ),
    "",
  ].join("\n");
}

function describe({ id, status, family, meta }: FlowNode): string {
  return [id.padEnd(26), status.padEnd(9), (family ?? "-").padEnd(20), JSON.stringify(meta)]
    .join("  ");
}

/** Where the golden text of a recording is kept. */
export function mapGoldenFile(name: RecordingName): URL {
  return new URL(`../golden/${name}.map.txt`, import.meta.url);
}

if (import.meta.main && Deno.args.includes("--update")) {
  for (const name of RECORDINGS) {
    await Deno.writeTextFile(mapGoldenFile(name), mapGolden(await readRecording(name), name));
  }
}
