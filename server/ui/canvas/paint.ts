import type { FlowGraph, GraphEdge, GraphNode } from "../graph/flow_graph.ts";
import { edgeLabel } from "../graph/export_text.ts";
import { LANE_HEADING, NODE_HEIGHT, NODE_WIDTH } from "../layout/geometry.ts";
import type { Layout } from "../layout/layout.ts";
import { countPhases } from "../view/counts.ts";
import { regionText } from "../view/summary_text.ts";
import type { Phase } from "../view/phase.ts";
import { type Curve, edgePath, middleOf } from "./edge_path.ts";
import type { Marks } from "./marks.ts";
import { mix, type Palette } from "./palette.ts";
import { subtitle } from "./subtitle.ts";

/** All that a picture is made of. */
export interface Picture {
  readonly graph: FlowGraph;
  readonly layout: Layout;
  readonly marks: Marks;
  readonly palette: Palette;
  readonly curves: ReadonlyMap<string, Curve>;
  /** Pixels for each unit of the map; below {@linkcode TEXT_ZOOM} there are no texts. */
  readonly zoom: number;
  /** Unix milliseconds. */
  readonly now: number;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export const TEXT_ZOOM = 0.34;
const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const FAINT = 0.5;

/** By edge, to be looked up with both ends. */
export function curvesOf(layout: Layout): Map<string, Curve> {
  return new Map(layout.edges.map((edge) => [edge.from + edge.to, edgePath(layout, edge)]));
}

/** Paints what lies in `box`; the pen is in units of the map. */
export function paintAll(pen: Pen, picture: Picture, box: Box): void {
  paintLanes(pen, picture);
  paintEdges(pen, picture, box);
  for (const node of picture.graph.nodes.values()) {
    const place = picture.layout.nodes.get(node.key);
    if (place === undefined) continue;
    const inside = place.x + NODE_WIDTH >= box.x && place.x <= box.x + box.width &&
      place.y + NODE_HEIGHT >= box.y && place.y - NODE_HEIGHT <= box.y + box.height;
    if (inside) paintNode(pen, picture, node);
  }
}

function paintLanes(pen: Pen, { graph, layout, palette, zoom }: Picture): void {
  const places = new Map(layout.lanes.map((lane) => [lane.key, lane]));
  const rows = new Map<string, GraphNode["row"][]>();
  for (const { lane, row } of graph.nodes.values()) {
    const list = rows.get(lane);
    if (list === undefined) rows.set(lane, [row]);
    else list.push(row);
  }
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
    if (zoom < 0.16) continue;
    // Titles stay readable when the whole map is in view.
    const size = Math.min(26, Math.max(13.5, 12 / zoom));
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillStyle = palette.text;
    pen.font = `650 ${size}px ${FONT}`;
    const name = depth === 0 ? title || "No region" : `▾ ${title}`;
    pen.fillText(name, 18 + inset, place.y + LANE_HEADING / 2 + 2);
    const after = 18 + inset + pen.measureText(name).width + 14;
    pen.fillStyle = palette.soft;
    pen.font = `400 ${size * 0.88}px ${FONT}`;
    const counts = countPhases(rows.get(key) ?? []);
    pen.fillText(regionText(counts), after, place.y + LANE_HEADING / 2 + 2);
  }
}

const DASHES: Readonly<Record<GraphEdge["type"], readonly number[]>> = {
  "finish-to-start": [],
  "start-to-start": [7, 4],
  "finish-to-finish": [2, 3],
  "start-to-finish": [8, 3, 2, 3],
  triggers: [1, 4],
};

function paintEdges(pen: Pen, picture: Picture, box: Box): void {
  const { graph, marks, curves, zoom, palette } = picture;
  const groups = new Map<string, GraphEdge[]>();
  for (const edge of graph.edges) {
    const style = styleOf(edge, picture);
    const list = groups.get(style);
    if (list === undefined) groups.set(style, [edge]);
    else list.push(edge);
  }
  // Faint ones first, what stands out on top of them.
  for (const [style, edges] of [...groups].sort(([a], [b]) => a < b ? -1 : 1)) {
    const [rank, colour = "", dash = "", width = ""] = style.split("|");
    pen.globalAlpha = rank === "0" ? FAINT * 0.5 : rank === "1" ? 0.75 : 1;
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = Number(width) / Math.min(1, Math.max(zoom, 0.3) * 1.4);
    pen.setLineDash(dash === "" ? [] : dash.split(" ").map(Number));
    pen.beginPath();
    const heads: Curve[] = [];
    for (const { from, to } of edges) {
      const curve = curves.get(from + to) ?? [];
      if (!touches(curve, box)) continue;
      pen.moveTo(curve[0] ?? 0, curve[1] ?? 0);
      if (zoom < 0.2) pen.lineTo(curve.at(-2) ?? 0, curve.at(-1) ?? 0);
      else {
        for (let at = 2; at + 5 < curve.length; at += 6) {
          pen.bezierCurveTo(
            curve[at] ?? 0,
            curve[at + 1] ?? 0,
            curve[at + 2] ?? 0,
            curve[at + 3] ?? 0,
            curve[at + 4] ?? 0,
            curve[at + 5] ?? 0,
          );
        }
      }
      heads.push(curve);
    }
    pen.stroke();
    pen.setLineDash([]);
    if (zoom < 0.2) continue;
    pen.beginPath();
    for (const curve of heads) {
      const [x, y] = [curve.at(-2) ?? 0, curve.at(-1) ?? 0];
      pen.moveTo(x, y);
      pen.lineTo(x - 8, y - 4);
      pen.lineTo(x - 8, y + 4);
    }
    pen.fill();
  }
  pen.globalAlpha = 1;
  if (zoom < TEXT_ZOOM) return;
  pen.font = `600 10px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const edge of graph.edges) {
    const text = edgeLabel(edge);
    const curve = curves.get(edge.from + edge.to) ?? [];
    if (text === "" || !touches(curve, box)) continue;
    const [x, y] = middleOf(curve);
    const width = pen.measureText(text).width + 10;
    pen.globalAlpha = isForward(marks, edge.from) && isForward(marks, edge.to) ? 1 : FAINT;
    pen.beginPath();
    pen.roundRect(x - width / 2, y - 8, width, 16, 8);
    pen.fillStyle = palette.raised;
    pen.fill();
    pen.fillStyle = palette.soft;
    pen.fillText(text, x, y + 0.5);
  }
  pen.globalAlpha = 1;
}

function isForward({ forward }: Marks, key: string): boolean {
  return forward === undefined || forward.has(key);
}

/** What edges that are drawn in one stroke have in common: rank, colour, dashes, width. */
function styleOf(edge: GraphEdge, { graph, marks, palette }: Picture): string {
  const source = graph.nodes.get(edge.from)?.row.phase ?? "pending";
  const stuck = marks.blocked.has(edge.from) && marks.blocked.has(edge.to);
  const shown = isForward(marks, edge.from) && isForward(marks, edge.to);
  const rank = !shown ? 0 : stuck || marks.forward !== undefined ? 2 : 1;
  const plain = source === "succeeded"
    ? mix(palette.succeeded, palette.line, 0.45)
    : source === "running"
    ? mix(palette.running, palette.line, 0.6)
    : mix(palette.soft, palette.line, 0.4);
  const colour = stuck || edge.condition === "on-failure"
    ? palette.failed
    : edge.type === "triggers"
    ? palette.other
    : plain;
  const dash = edge.condition === "on-failure" ? [4, 4] : DASHES[edge.type];
  const width = edge.type === "triggers" || edge.crossFlow ? 2.6 : rank === 2 ? 2.2 : 1.5;
  return [rank, colour, (edge.crossRegion && dash.length === 0 ? [10, 3] : dash).join(" "), width]
    .join("|");
}

function touches(curve: Curve, box: Box): boolean {
  if (curve.length < 8) return false;
  const [x1, y1, x2, y2] = [curve[0] ?? 0, curve[1] ?? 0, curve.at(-2) ?? 0, curve.at(-1) ?? 0];
  return Math.max(x1, x2) + 80 >= box.x && Math.min(x1, x2) - 80 <= box.x + box.width &&
    Math.max(y1, y2) + 200 >= box.y && Math.min(y1, y2) - 200 <= box.y + box.height;
}

const RADIUS = 10;

/** Paints one box, over whatever was there before. */
export function paintNode(pen: Pen, picture: Picture, { key, row, folds, node }: GraphNode): void {
  const { layout, marks, palette, zoom, now } = picture;
  const place = layout.nodes.get(key);
  if (place === undefined) return;
  const { x } = place;
  const y = place.y - NODE_HEIGHT / 2;
  const tone = palette[row.phase];
  const quiet = row.phase === "pending" || row.phase === "succeeded";
  pen.beginPath();
  pen.roundRect(x, y, NODE_WIDTH, NODE_HEIGHT, RADIUS);
  // What shines through a faint box must not be an edge or the box's own last state.
  pen.fillStyle = mix(palette.panel, palette.page, 0.62);
  pen.fill();
  pen.globalAlpha = isForward(marks, key) ? 1 : FAINT;
  pen.fillStyle = quiet
    ? mix(tone, palette.panel, row.phase === "succeeded" ? 0.07 : 0)
    : mix(tone, palette.panel, row.phase === "failed" ? 0.22 : 0.15);
  pen.fill();
  if (zoom < TEXT_ZOOM) {
    pen.fillStyle = mix(tone, palette.panel, row.phase === "pending" ? 0.3 : 0.7);
    pen.fill();
  }
  pen.save();
  pen.clip();
  pen.strokeStyle = quiet ? mix(tone, palette.line, 0.35) : tone;
  // Clipped to the box, so half of the line is to be seen.
  pen.lineWidth = row.phase === "failed" ? 4 : quiet ? 2 : 3;
  if (row.phase === "pending" || node === undefined) pen.setLineDash([5, 4]);
  pen.stroke();
  pen.restore();
  if (zoom >= 0.2) {
    paintSign(pen, row.suspended ? "suspended" : row.phase, x + 12, place.y, palette);
  }
  if (zoom >= TEXT_ZOOM) {
    const width = NODE_WIDTH - 46;
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.font = `600 12.5px ${FONT}`;
    pen.fillStyle = palette.text;
    const label = folds > 0 ? `▸ ${row.label} (${folds})` : row.label;
    pen.fillText(cut(pen, label, width), x + 38, place.y - 2);
    pen.font = `400 10.5px ${FONT}`;
    pen.fillStyle = quiet ? palette.soft : mix(tone, palette.text, 0.7);
    pen.fillText(cut(pen, subtitle(row, now), width), x + 38, place.y + 12.5);
  }
  pen.globalAlpha = 1;
}

/** The signs of the page (`page.html`), 18 units high: shape and colour both say the phase. */
export function paintSign(
  pen: Pen,
  shape: Phase | "suspended",
  x: number,
  middle: number,
  palette: Palette,
): void {
  pen.save();
  pen.translate(x, middle - 9);
  pen.scale(18 / 16, 18 / 16);
  pen.lineWidth = 2;
  pen.lineCap = pen.lineJoin = "round";
  pen.fillStyle = pen.strokeStyle = palette[shape === "suspended" ? "pending" : shape];
  const circle = (radius: number) => {
    pen.beginPath();
    pen.arc(8, 8, radius, 0, 2 * Math.PI);
  };
  const cutOut = (...lines: number[][]) => {
    pen.strokeStyle = palette.page;
    pen.beginPath();
    for (const [fromX = 0, fromY = 0, ...rest] of lines) {
      pen.moveTo(fromX, fromY);
      for (let at = 0; at < rest.length; at += 2) pen.lineTo(rest[at] ?? 0, rest[at + 1] ?? 0);
    }
    pen.stroke();
  };
  switch (shape) {
    case "succeeded":
      circle(7);
      pen.fill();
      cutOut([4.8, 8.3, 7, 10.5, 11.3, 5.7]);
      break;
    case "suspended":
      circle(7);
      pen.fill();
      cutOut([6.2, 5.4, 6.2, 10.6], [9.8, 5.4, 9.8, 10.6]);
      break;
    case "failed":
      pen.fill(new Path2D("M5 1h6l4 4v6l-4 4H5l-4-4V5z"));
      cutOut([5.6, 5.6, 10.4, 10.4], [10.4, 5.6, 5.6, 10.4]);
      break;
    case "running":
      circle(6);
      pen.save();
      pen.globalAlpha *= 0.3;
      pen.stroke();
      pen.restore();
      pen.beginPath();
      pen.arc(8, 8, 6, -Math.PI / 2, 0.3);
      pen.stroke();
      break;
    case "pending":
      circle(6);
      pen.lineCap = "butt";
      pen.setLineDash([2.6, 2.1]);
      pen.stroke();
      break;
    case "other":
      pen.stroke(new Path2D("M8 1.5l6.5 6.5L8 14.5 1.5 8z"));
      break;
  }
  pen.restore();
}

const cuts = new Map<string, string>();

/** A text that fits; measured once, for measuring costs more than drawing. */
function cut(pen: Pen, text: string, width: number): string {
  const key = `${pen.font}|${text}`;
  const known = cuts.get(key);
  if (known !== undefined) return known;
  let short = text;
  if (pen.measureText(text).width > width) {
    let size = text.length;
    while (size > 1 && pen.measureText(`${text.slice(0, size)}…`).width > width) size--;
    short = `${text.slice(0, size)}…`;
  }
  if (cuts.size > 20_000) cuts.clear();
  cuts.set(key, short);
  return short;
}
