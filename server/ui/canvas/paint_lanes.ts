import type { GraphNode } from "../graph/flow_graph.ts";
import { LANE_HEADING } from "../layout/geometry.ts";
import { countPhases } from "../view/counts.ts";
import { regionText } from "../view/summary_text.ts";
import { mix } from "./palette.ts";
import { FONT, type Pen, type Picture } from "./picture.ts";

/** What stands over each lane, counted once for many paintings. */
export function laneTexts({ graph }: Picture): ReadonlyMap<string, string> {
  const rows = new Map<string, GraphNode["row"][]>();
  for (const { lane, row } of graph.nodes.values()) {
    const list = rows.get(lane);
    if (list === undefined) rows.set(lane, [row]);
    else list.push(row);
  }
  return new Map([...rows].map(([lane, all]) => [lane, regionText(countPhases(all))]));
}

/** Paints the bands that regions and groups are, with their titles. */
export function paintLanes(
  pen: Pen,
  { graph, layout, palette }: Picture,
  zoom: number,
  texts: ReadonlyMap<string, string>,
): void {
  const places = new Map(layout.lanes.map((lane) => [lane.key, lane]));
  for (const { key, title, depth } of graph.lanes) {
    const place = places.get(key);
    if (place === undefined) continue;
    const inset = depth * 8;
    pen.beginPath();
    pen.roundRect(inset, place.y, layout.width - 2 * inset, place.height, 16);
    pen.fillStyle = mix(palette.panel, palette.page, depth === 0 ? 0.62 : 1);
    pen.fill();
    pen.strokeStyle = mix(palette.line, palette.page, 0.8);
    pen.lineWidth = 1 / Math.min(1, zoom);
    pen.setLineDash(depth === 0 ? [] : [6, 4]);
    pen.stroke();
    pen.setLineDash([]);
    // Titles stay readable when the whole map is in view, as long as they fit over their lane.
    const size = Math.min(26, Math.max(13.5, 12 / zoom));
    if (size * zoom < 7) continue;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillStyle = palette.text;
    pen.font = `650 ${size}px ${FONT}`;
    const name = depth === 0 ? title || "No region" : `▾ ${title}`;
    pen.fillText(name, 18 + inset, place.y + LANE_HEADING / 2 + 2);
    const after = 18 + inset + pen.measureText(name).width + 14;
    pen.fillStyle = palette.soft;
    pen.font = `400 ${size * 0.88}px ${FONT}`;
    pen.fillText(texts.get(key) ?? "", after, place.y + LANE_HEADING / 2 + 2);
  }
}
