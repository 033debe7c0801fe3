import type { FlowGraph } from "../graph/flow_graph.ts";
import type { Layout } from "../layout/layout.ts";
import { PHASES } from "../view/phase.ts";
import type { Camera, Size } from "./camera.ts";

/** A view of less width, in pixels, is a phone's. */
const NARROW = 640;
/** At this zoom a phone's reader can read a node's name. */
const READABLE = 0.85;

/**
 * On a small screen the first look is at what matters most, large enough to be read.
 *
 * @returns what to put into the middle; nothing where all of the map can be read
 */
export function firstLook(
  { nodes }: FlowGraph,
  layout: Layout,
  { size, camera }: { readonly size: Size; readonly camera: Camera },
): { readonly x: number; readonly y: number; readonly zoom: number } | undefined {
  if (size.width > NARROW || camera.zoom > READABLE) return undefined;
  const urgency = (key: string) => {
    const phase = nodes.get(key)?.row.phase;
    return phase === undefined ? Infinity : PHASES.indexOf(phase);
  };
  const [first] = [...nodes.keys()].sort((a, b) => urgency(a) - urgency(b));
  const place = layout.nodes.get(first ?? "");
  return place && { x: place.x + layout.spacing.nodeWidth / 2, y: place.y, zoom: READABLE };
}
