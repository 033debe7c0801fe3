import { NODE_HEIGHT } from "../layout/geometry.ts";
import { edgeLabel } from "../graph/export_text.ts";
import { middleOf } from "./edge_path.ts";
import type { Picture } from "./picture.ts";
import { mix } from "./palette.ts";
import { subtitle } from "./subtitle.ts";

/** The whole map as an SVG document that needs nothing else. */
export function toSvg({ graph, layout, palette, shapes, now }: Picture): string {
  const margin = 16;
  const box = [-margin, -margin, layout.width + 2 * margin, layout.height + 2 * margin];
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.join(" ")}" ` +
    `font-family="system-ui, sans-serif"><rect x="${box[0]}" y="${box[1]}" width="${box[2]}" ` +
    `height="${box[3]}" fill="${palette.page}"/>`,
  ];
  const titles = new Map(graph.lanes.map(({ key, title }) => [key, title || "No region"]));
  for (const { key, y, height } of layout.lanes) {
    out.push(
      `<rect y="${y}" width="${layout.width}" height="${height}" rx="16" ` +
        `fill="${mix(palette.panel, palette.page, 0.62)}" stroke="${palette.line}"/>` +
        text(18, y + 24, 15, palette.text, titles.get(key) ?? "", 650),
    );
  }
  for (const edge of graph.edges) {
    const [x = 0, y = 0, ...rest] = shapes.get(edge.from + edge.to)?.curve ?? [];
    if (rest.length === 0) continue;
    const phase = graph.nodes.get(edge.from)?.row.phase ?? "pending";
    const colour = edge.condition === "on-failure" ? palette.failed : palette[phase];
    const dash = edge.condition === "on-failure" ? ' stroke-dasharray="4 4"' : "";
    out.push(
      `<path d="M${x} ${y}C${rest.join(" ")}" fill="none" stroke="${colour}" ` +
        `stroke-width="1.5" stroke-opacity=".6"${dash}/>`,
    );
    const label = edgeLabel(edge);
    const [middleX, middleY] = middleOf([x, y, ...rest]);
    if (label !== "") out.push(text(middleX, middleY, 10, palette.soft, label, 600));
  }
  for (const { key, row } of graph.nodes.values()) {
    const place = layout.nodes.get(key);
    if (place === undefined) continue;
    const tone = palette[row.phase];
    out.push(
      `<g><title>${escaped(`${row.label}: ${row.state}`)}</title><rect x="${place.x}" ` +
        `y="${
          place.y - NODE_HEIGHT / 2
        }" width="${layout.spacing.nodeWidth}" height="${NODE_HEIGHT}" rx="10" ` +
        `fill="${mix(tone, palette.panel, 0.12)}" stroke="${tone}"/>` +
        text(place.x + 12, place.y + 5, 14, tone, SIGNS[row.phase], 700) +
        text(place.x + 34, place.y - 2, 12.5, palette.text, short(row.label, 21), 600) +
        text(place.x + 34, place.y + 12, 10.5, palette.soft, short(subtitle(row, now), 28), 400) +
        "</g>",
    );
  }
  return [...out, "</svg>"].join("\n");
}

const SIGNS = { failed: "✕", running: "◐", pending: "○", other: "◇", succeeded: "✓" };

const short = (words: string, size: number) =>
  words.length > size ? `${words.slice(0, size - 1)}…` : words;

function text(x: number, y: number, size: number, fill: string, words: string, weight: number) {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">` +
    `${escaped(words)}</text>`;
}

const escaped = (words: string) =>
  words.replaceAll(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`)
    // Other control characters have no place in XML, escaped or not (XML 1.0 §2.2).
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
