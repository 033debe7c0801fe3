import { NODE_HEIGHT } from "../layout/geometry.ts";
import type { Pen, Picture } from "./picture.ts";

/** More hits than this are shown by what is dimmed, not by a ring each. */
const MOST_HITS = 60;

/** What the reader does, and what moves. */
export interface Rings {
  readonly selected: string | undefined;
  readonly focused: string | undefined;
  /** Nodes that breathe, and how full their breath is, from 0 to 1. */
  readonly running: readonly string[];
  readonly breath: number;
}

/** Draws rings around boxes, over the still picture; the pen is in units of the map. */
export function drawRings(pen: Pen, { layout, marks, palette }: Picture, rings: Rings): void {
  const ring = (key: string, gap: number, width: number, colour: string, alpha: number) => {
    const place = layout.nodes.get(key);
    if (place === undefined) return;
    pen.globalAlpha = alpha;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.roundRect(
      place.x - gap,
      place.y - NODE_HEIGHT / 2 - gap,
      layout.spacing.nodeWidth + 2 * gap,
      NODE_HEIGHT + 2 * gap,
      10 + gap,
    );
    pen.stroke();
  };
  const { breath } = rings;
  for (const key of rings.running) {
    const strength = marks.forward?.has(key) ?? true ? 0.5 : 0.22;
    ring(key, 2 + 3 * breath, 3, palette.running, strength * (1 - 0.55 * breath));
  }
  if (marks.filtering && marks.hits.length < MOST_HITS) {
    for (const key of marks.hits) ring(key, 3, 2, palette.warn, 0.9);
  }
  if (rings.selected !== undefined) ring(rings.selected, 4, 3, palette.focus, 1);
  if (rings.focused !== undefined && rings.focused !== rings.selected) {
    ring(rings.focused, 4, 2, palette.text, 0.9);
  }
  pen.globalAlpha = 1;
}
