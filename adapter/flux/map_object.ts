import { sameJson } from "../../client/same_json.ts";
import type { FlowNode, Relationship } from "../../contracts/flow.ts";
import type { StatusMapping } from "../config.ts";
import type { KindRef } from "./flux_object.ts";
import type { HelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import type { Kustomization } from "./kustomization.ts";
import { kustomizationNode } from "./kustomization_node.ts";
import { kustomizationStatus } from "./kustomization_status.ts";
import type { NodeSettings } from "./object_node.ts";
import type { ObjectStatus, PreviousStatus } from "./object_status.ts";
import { originOf, releaseNode } from "./release_node.ts";
import type { Source } from "./source.ts";
import { sourceNode } from "./source_node.ts";
import { sourceStatus } from "./source_status.ts";
import { releaseStatus } from "./status.ts";

/** Where the objects of one cluster appear. */
export interface RegionSettings extends NodeSettings {
  readonly statusMapping: StatusMapping;
}

/** Whatever becomes a node. */
export type AnyObject = HelmRelease | Kustomization | Source;

/** What was made of an object by itself, and of what. */
export interface RenderedObject {
  readonly object: AnyObject;
  /** Of a release: the chart that says more about it. */
  readonly chart: HelmChart | undefined;
  /** What it takes its artifact from. */
  readonly source: KindRef | undefined;
  readonly status: ObjectStatus;
  readonly node: FlowNode;
}

/** The same, in its place among the others. */
export interface MappedObject extends RenderedObject {
  /** Those that end in it, and the one to its parent. */
  readonly edges: readonly Relationship[];
}

/**
 * Makes a node of an object.
 *
 * @param before what was made of an object of this id before; taken over when nothing has changed
 */
export function renderObject(
  object: AnyObject,
  chart: HelmChart | undefined,
  settings: RegionSettings,
  before: RenderedObject | undefined,
): RenderedObject {
  if (before === undefined) return render(object, chart, settings, undefined);
  if (before.object === object && before.chart === chart) return before;
  // An object of the same name that was made anew has no past.
  const previous = before.object.uid === object.uid
    ? { generation: before.object.generation, status: before.status }
    : undefined;
  const rendered = render(object, chart, settings, previous);
  // Most of what a controller writes changes nothing that is shown.
  return sameJson(rendered.node, before.node) ? { ...rendered, node: before.node } : rendered;
}

function render(
  object: AnyObject,
  chart: HelmChart | undefined,
  settings: RegionSettings,
  previous: PreviousStatus | undefined,
): RenderedObject {
  switch (object.kind) {
    case "HelmRelease": {
      const status = releaseStatus(object, settings.statusMapping, previous);
      const node = releaseNode(settings, object, status, chart);
      return { object, chart, source: originOf(object, chart), status, node };
    }
    case "Kustomization": {
      const status = kustomizationStatus(object, previous);
      const node = kustomizationNode(settings, object, status);
      return { object, chart, source: object.source, status, node };
    }
    default: {
      const status = sourceStatus(object);
      return {
        object,
        chart,
        source: undefined,
        status,
        node: sourceNode(settings, object, status),
      };
    }
  }
}
