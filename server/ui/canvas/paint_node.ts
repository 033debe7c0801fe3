import type { GraphNode } from "../graph/flow_graph.ts";
import { NODE_HEIGHT } from "../layout/geometry.ts";
import { mix } from "./palette.ts";
import { type Detail, FAINT, FONT, isForward, type Pen, type Picture } from "./picture.ts";
import { paintSign } from "./paint_sign.ts";
import { subtitle } from "./subtitle.ts";

const RADIUS = 10;

/** Paints one box, over whatever was there before. */
export function paintNode(
  pen: Pen,
  picture: Picture,
  node: GraphNode,
  zoom: number,
  detail: Detail,
): void {
  const place = picture.layout.nodes.get(node.key);
  if (place === undefined) return;
  if (detail === "dots" || detail === "shapes") paintFar(pen, picture, node, zoom, detail);
  else paintBox(pen, picture, node, zoom, detail);
}

/** A plain rectangle; what has failed keeps its shape, and a size that can be seen. */
function paintFar(
  pen: Pen,
  { layout, marks, palette }: Picture,
  { key, row: { phase } }: GraphNode,
  zoom: number,
  detail: Detail,
): void {
  const { x = 0, y = 0 } = layout.nodes.get(key) ?? {};
  const { nodeWidth } = layout.spacing;
  const ground = mix(palette.panel, palette.page, 0.62);
  const tone = mix(palette[phase], palette.panel, phase === "pending" ? 0.35 : 0.8);
  const shown = isForward(marks, key);
  pen.fillStyle = shown ? tone : mix(tone, ground, FAINT);
  pen.fillRect(x, y - NODE_HEIGHT / 2, nodeWidth, NODE_HEIGHT);
  if (phase !== "failed") return;
  const size = Math.max(NODE_HEIGHT - 4, 11 / zoom);
  if (detail === "shapes") {
    pen.globalAlpha = shown ? 1 : FAINT;
    paintSign(pen, "failed", x + nodeWidth / 2 - size / 2, y, palette, size);
    pen.globalAlpha = 1;
  } else if (shown) {
    const bloat = 2 / zoom;
    pen.fillStyle = palette.failed;
    pen.fillRect(
      x - bloat,
      y - NODE_HEIGHT / 2 - bloat,
      nodeWidth + 2 * bloat,
      NODE_HEIGHT + 2 * bloat,
    );
  }
}

function paintBox(
  pen: Pen,
  { layout, marks, palette, now }: Picture,
  { key, row, folds, node }: GraphNode,
  zoom: number,
  detail: Detail,
): void {
  const { x = 0, y: middle = 0 } = layout.nodes.get(key) ?? {};
  const { nodeWidth } = layout.spacing;
  const y = middle - NODE_HEIGHT / 2;
  const tone = palette[row.phase];
  const quiet = row.phase === "pending" || row.phase === "succeeded";
  pen.beginPath();
  pen.roundRect(x, y, nodeWidth, NODE_HEIGHT, RADIUS);
  // What shines through a faint box must not be an edge or the box's own last state.
  pen.fillStyle = mix(palette.panel, palette.page, 0.62);
  pen.fill();
  pen.globalAlpha = isForward(marks, key) ? 1 : FAINT;
  pen.fillStyle = quiet
    ? mix(tone, palette.panel, row.phase === "succeeded" ? 0.07 : 0)
    : mix(tone, palette.panel, row.phase === "failed" ? 0.22 : 0.15);
  pen.fill();
  const width = row.phase === "failed" ? 2 : quiet ? 1 : 1.5;
  pen.beginPath();
  pen.roundRect(
    x + width / 2,
    y + width / 2,
    nodeWidth - width,
    NODE_HEIGHT - width,
    RADIUS - width / 2,
  );
  pen.strokeStyle = quiet ? mix(tone, palette.line, 0.35) : tone;
  pen.lineWidth = width;
  pen.setLineDash(row.phase === "pending" || node === undefined ? [5, 4] : []);
  pen.stroke();
  pen.setLineDash([]);
  paintSign(pen, row.suspended ? "suspended" : row.phase, x + 12, middle, palette);
  const label = folds > 0 ? `▸ ${row.label} (${folds})` : row.label;
  pen.textAlign = "left";
  pen.fillStyle = palette.text;
  if (detail === "names") {
    pen.textBaseline = "middle";
    pen.font = `600 ${Math.min(21, 9 / zoom)}px ${FONT}`;
    pen.fillText(cut(pen, label, nodeWidth - 44), x + 36, middle + 1);
  } else {
    pen.textBaseline = "alphabetic";
    pen.font = `600 12.5px ${FONT}`;
    pen.fillText(cut(pen, label, nodeWidth - 46), x + 38, middle - 2);
    pen.font = `400 10.5px ${FONT}`;
    pen.fillStyle = quiet ? palette.soft : mix(tone, palette.text, 0.7);
    pen.fillText(cut(pen, subtitle(row, now), nodeWidth - 46), x + 38, middle + 12.5);
  }
  pen.globalAlpha = 1;
}

const cuts = new Map<string, string>();

/** A text that fits; measured once, for measuring costs more than drawing. */
function cut(pen: Pen, text: string, width: number): string {
  const key = `${pen.font}|${width}|${text}`;
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
