import type { Phase } from "../view/phase.ts";
import type { Palette } from "./palette.ts";
import type { Pen } from "./picture.ts";

/**
 * The signs of the page (`page.html`): shape and colour both say the phase.
 *
 * @param x of its left edge
 * @param middle of its height
 * @param size its width and height
 */
export function paintSign(
  pen: Pen,
  shape: Phase | "suspended",
  x: number,
  middle: number,
  palette: Palette,
  size = 18,
): void {
  pen.save();
  pen.translate(x, middle - size / 2);
  pen.scale(size / 16, size / 16);
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
      pen.beginPath();
      for (const [px, py] of OCTAGON) pen.lineTo(px, py);
      pen.fill();
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
      pen.beginPath();
      for (const [px, py] of DIAMOND) pen.lineTo(px, py);
      pen.closePath();
      pen.stroke();
      break;
  }
  pen.restore();
}

type Corner = readonly [x: number, y: number];

const OCTAGON: readonly Corner[] = [
  [5, 1],
  [11, 1],
  [15, 5],
  [15, 11],
  [11, 15],
  [5, 15],
  [1, 11],
  [1, 5],
];
const DIAMOND: readonly Corner[] = [[8, 1.5], [14.5, 8], [8, 14.5], [1.5, 8]];
