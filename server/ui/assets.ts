import script from "./dist/live.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import page from "./page.html" with { type: "text" };

/** A file of the page, as the server sends it. */
export interface Asset {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The live page, by the names under which the server gives it. The files are part of the module
 * graph, so that a server bundled into one file carries them and needs no read permission.
 */
export const UI_ASSETS: ReadonlyMap<string, Asset> = new Map([
  ["page.html", { contentType: "text/html; charset=utf-8", body: page }],
  ["page.css", { contentType: "text/css; charset=utf-8", body: style }],
  // The same program under the name by which another page embeds the map.
  ["flow-canvas.js", { contentType: "text/javascript; charset=utf-8", body: script }],
  ["live.js", { contentType: "text/javascript; charset=utf-8", body: script }],
]);
