import { copyFlowState, type FlowState, snapshotOf } from "../../../contracts/fold.ts";
import { toDot, toMermaid } from "../graph/export_text.ts";
import { element } from "./element.ts";
import { paint, prepare } from "./paint.ts";
import type { Picture } from "./picture.ts";
import { toSvg } from "./picture_svg.ts";

/** The formats in which a map can be had, with the ending of their files. */
export const EXPORTS = {
  PNG: "png",
  SVG: "svg",
  Mermaid: "mmd",
  DOT: "dot",
  JSON: "json",
} as const;

export type ExportFormat = keyof typeof EXPORTS;

/** Widest or highest picture that browsers give, in pixels. */
const MAX_PICTURE = 8_192;
const MARGIN = 16;

/** The map in a format, as a file's content. */
export async function exportFile(
  format: ExportFormat,
  picture: Picture,
  state: Readonly<FlowState>,
): Promise<Blob> {
  const text = (content: string, type: string) => new Blob([content], { type });
  switch (format) {
    case "PNG":
      return await toPng(picture);
    case "SVG":
      return text(toSvg(picture), "image/svg+xml");
    case "Mermaid":
      return text(toMermaid(picture.graph), "text/plain");
    case "DOT":
      return text(toDot(picture.graph), "text/vnd.graphviz");
    case "JSON":
      return text(JSON.stringify(snapshotOf(copyFlowState(state)), null, 2), "application/json");
  }
}

/** Lets the browser save a file. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  element("a", { href: address, download: name }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function toPng(picture: Picture): Promise<Blob> {
  const { width, height } = picture.layout;
  const scale = Math.min(2, MAX_PICTURE / (Math.max(width, height) + 2 * MARGIN));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil((width + 2 * MARGIN) * scale);
  canvas.height = Math.ceil((height + 2 * MARGIN) * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) return Promise.reject(new Error("no canvas of this size can be had"));
  pen.fillStyle = picture.palette.page;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(scale, 0, 0, scale, MARGIN * scale, MARGIN * scale);
  paint(pen, prepare(picture), 1, { x: 0, y: 0, width, height });
  const made = Promise.withResolvers<Blob>();
  canvas.toBlob((blob) =>
    blob === null ? made.reject(new Error("the picture is too large")) : made.resolve(blob)
  );
  return made.promise;
}
