import type { GraphEdge } from "../graph/flow_graph.ts";
import { edgeLabel } from "../graph/export_text.ts";
import { type Box, overlaps } from "./box.ts";
import { type Curve, type EdgeShape, middleOf } from "./edge_path.ts";
import { mix } from "./palette.ts";
import { type Detail, FAINT, FONT, isForward, type Pen, type Picture } from "./picture.ts";

/** Edges that one stroke draws. */
export interface EdgeGroup {
  /** From what steps back to what stands out. */
  readonly rank: 0 | 1 | 2;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly width: number;
  readonly shapes: readonly EdgeShape[];
}

/** How many edges go into one path: a rasteriser sorts all of a path's edges for each line. */
const PATH = 48;

const DASHES: Readonly<Record<GraphEdge["type"], readonly number[]>> = {
  "finish-to-start": [],
  "start-to-start": [7, 4],
  "finish-to-finish": [2, 3],
  "start-to-finish": [8, 3, 2, 3],
  triggers: [1, 4],
};

/** Puts the edges of a picture into groups of one style, faint ones first. */
export function edgeGroups(picture: Picture): EdgeGroup[] {
  const groups = new Map<string, EdgeGroup & { shapes: EdgeShape[] }>();
  for (const edge of picture.graph.edges) {
    const shape = picture.shapes.get(edge.from + edge.to);
    if (shape === undefined || shape.curve.length < 8) continue;
    const style = styleOf(edge, picture);
    const key = `${style.rank}${style.colour}${style.dash}${style.width}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...style, shapes: [shape] });
    else group.shapes.push(shape);
  }
  return [...groups.values()].sort((a, b) => a.rank - b.rank);
}

/** Paints what of the edges lies in `box`. */
export function paintEdges(
  pen: Pen,
  groups: readonly EdgeGroup[],
  zoom: number,
  detail: Detail,
  box: Box,
): void {
  const far = detail === "dots" || detail === "shapes";
  for (const { rank, colour, dash, width, shapes } of groups) {
    const seen = shapes.filter((shape) => overlaps(shape.box, box));
    if (seen.length === 0) continue;
    pen.globalAlpha = (rank === 0 ? FAINT * 0.5 : rank === 1 ? 0.75 : 1) * (far ? 0.7 : 1);
    pen.strokeStyle = pen.fillStyle = colour;
    // A line of one pixel needs no outline of its own, and thousands of them are seen from afar.
    pen.lineWidth = far ? (rank === 2 ? 1.5 : 1) / zoom : width / Math.min(1, zoom * 1.4);
    pen.setLineDash(far ? [] : [...dash]);
    for (let from = 0; from < seen.length; from += PATH) {
      pen.beginPath();
      for (const { curve } of seen.slice(from, from + PATH)) {
        if (far) trace(pen, curve);
        else bend(pen, curve);
      }
      pen.stroke();
    }
    if (!far) paintHeads(pen, seen);
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function bend(pen: Pen, curve: Curve): void {
  pen.moveTo(curve[0] ?? 0, curve[1] ?? 0);
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

/** Straight from bend to bend: from afar it looks the same. */
function trace(pen: Pen, curve: Curve): void {
  pen.moveTo(curve[0] ?? 0, curve[1] ?? 0);
  for (let at = 6; at + 1 < curve.length; at += 6) pen.lineTo(curve[at] ?? 0, curve[at + 1] ?? 0);
}

function paintHeads(pen: Pen, shapes: readonly EdgeShape[]): void {
  pen.beginPath();
  for (const { curve } of shapes) {
    const [x, y] = [curve.at(-2) ?? 0, curve.at(-1) ?? 0];
    pen.moveTo(x, y);
    pen.lineTo(x - 8, y - 4);
    pen.lineTo(x - 8, y + 4);
  }
  pen.fill();
}

/** Paints lags, conditions and unusual types at the middle of their edges. */
export function paintEdgeLabels(pen: Pen, { graph, marks, shapes, palette }: Picture, box: Box) {
  pen.font = `600 10px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const edge of graph.edges) {
    const text = edgeLabel(edge);
    if (text === "") continue;
    const shape = shapes.get(edge.from + edge.to);
    if (shape === undefined || shape.curve.length < 8 || !overlaps(shape.box, box)) continue;
    const [x, y] = middleOf(shape.curve);
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

function styleOf(edge: GraphEdge, { graph, marks, palette }: Picture): Omit<EdgeGroup, "shapes"> {
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
  return {
    rank,
    colour,
    dash: edge.crossRegion && dash.length === 0 ? [10, 3] : dash,
    width: edge.type === "triggers" || edge.crossFlow ? 2.6 : rank === 2 ? 2.2 : 1.5,
  };
}
