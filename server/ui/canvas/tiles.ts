import { NODE_HEIGHT } from "../layout/geometry.ts";
import type { GraphNode } from "../graph/flow_graph.ts";
import type { Box } from "./box.ts";
import type { Camera, Size } from "./camera.ts";
import { paint, prepare, type PreparedPicture } from "./paint.ts";
import { paintNode } from "./paint_node.ts";
import { detailOf, type Pen, type Picture } from "./picture.ts";

/** Width and height of a tile in pixels of the device. */
const TILE = 512;
/** So far beyond the view, in pixels, tiles are painted in advance. */
const AHEAD = 256;
/** Further than any two tiles of a view are apart, in pixels. */
const FAR = 1e6;
/** Tiles that are kept, unless a view needs more; each takes 1 MiB. */
const MOST = 96;

/** A bitmap of {@linkcode TILE} by {@linkcode TILE} pixels and what paints on it. */
export interface Sheet {
  readonly canvas: CanvasImageSource;
  readonly pen: Pen;
}

/** Where a tile lies, counted in tiles from the map's left top corner. */
interface Cell {
  readonly column: number;
  readonly row: number;
}

interface Tile extends Sheet, Cell {
  /** The version of the picture that it shows. */
  version: number;
}

/** What of a canvas is needed to show tiles on it. */
export type Target =
  & Pick<CanvasRenderingContext2D, "setTransform" | "fillStyle" | "fillRect" | "drawImage">
  & { readonly canvas: Size };

/** How a frame is to be shown. */
export interface Shown {
  readonly camera: Camera;
  readonly view: Size;
  /** Pixels of the device for each of the view. */
  readonly ratio: number;
  /** The zoom is still changing: what is there already is stretched, and nothing is painted. */
  readonly moving: boolean;
  /** Milliseconds that painting may take; one tile is painted in any case. */
  readonly budget: number;
}

/**
 * The map's still part as tiles of a bitmap. A pan copies them, a changed node costs its own box, and
 * what has to be painted anew is painted tile by tile over several frames; until then a tile shows
 * what it showed before.
 */
export class Tiles {
  #tiles = new Map<string, Tile>();
  /** Pixels of the device for each unit of the map. */
  #scale = 0;
  /** What was seen at another zoom, until there is something better. */
  #old: { readonly tiles: ReadonlyMap<string, Tile>; readonly scale: number } | undefined;
  #spare: Sheet[] = [];
  readonly #makeSheet: () => Sheet;
  /** How many tiles the last frame asked for. */
  #wanted = 0;
  #version = 0;
  #prepared: PreparedPicture | undefined;

  constructor(makeSheet: () => Sheet = blankSheet) {
    this.#makeSheet = makeSheet;
  }

  /** Everything is to be painted anew, in its time. */
  invalidate(): void {
    this.#version++;
    this.#prepared = undefined;
  }

  /** Paints a node anew in place. */
  repaint(picture: Picture, node: GraphNode, ratio: number): void {
    const place = picture.layout.nodes.get(node.key);
    if (place === undefined) return;
    const zoom = this.#scale / ratio;
    const [left, top] = [place.x * this.#scale, (place.y - NODE_HEIGHT / 2) * this.#scale];
    const right = left + picture.layout.spacing.nodeWidth * this.#scale;
    const bottom = top + NODE_HEIGHT * this.#scale;
    for (let column = Math.floor(left / TILE); column <= Math.floor(right / TILE); column++) {
      for (let row = Math.floor(top / TILE); row <= Math.floor(bottom / TILE); row++) {
        const tile = this.#tiles.get(keyOf({ column, row }));
        if (tile === undefined) continue;
        this.#enter(tile);
        paintNode(tile.pen, picture, node, zoom, detailOf(zoom));
      }
    }
  }

  /**
   * Copies the view to `target`.
   *
   * @returns whether all of it is as it should be; otherwise another frame has to follow
   */
  show(target: Target, picture: Picture, shown: Shown): boolean {
    const { camera, view, ratio, moving } = shown;
    const scale = camera.zoom * ratio;
    if (scale !== this.#scale && !moving) this.#rescale(scale);
    const left = Math.round(camera.x * scale), top = Math.round(camera.y * scale);
    const width = view.width * ratio, height = view.height * ratio;
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.fillStyle = picture.palette.page;
    target.fillRect(0, 0, width, height);
    if (scale !== this.#scale) {
      copy(target, this.#tiles, scale / this.#scale, left, top);
      return false;
    }
    const fresh = this.#paint(picture, { x: left, y: top, width, height }, shown);
    if (this.#old !== undefined) {
      copy(target, this.#old.tiles, scale / this.#old.scale, left, top);
    }
    copy(target, this.#tiles, 1, left, top);
    if (fresh) this.#forgetOld();
    return fresh;
  }

  /** @returns whether all that is in view has been painted */
  #paint(picture: Picture, seen: Box, { ratio, budget }: Shown): boolean {
    const wanted = this.#outdated(seen);
    const end = performance.now() + budget;
    let left = wanted.filter(({ inView }) => inView).length;
    for (const { column, row, inView } of wanted) {
      this.#paintTile(picture, column, row, ratio);
      if (inView) left--;
      if (performance.now() >= end) break;
    }
    return left === 0;
  }

  /** What is to be painted: first what is missing, then what is out of date, then what may be next. */
  #outdated(seen: Box): (Cell & { readonly inView: boolean })[] {
    const inView = new Set([...cellsOf(seen, 0)].map(keyOf));
    const middle = [seen.x + seen.width / 2, seen.y + seen.height / 2] as const;
    const found: (Cell & { readonly inView: boolean; readonly order: number })[] = [];
    this.#wanted = 0;
    for (const cell of cellsOf(seen, AHEAD)) {
      this.#wanted++;
      const key = keyOf(cell);
      const tile = this.#tiles.get(key);
      if (tile !== undefined) {
        // Kept in the order of use, so that the first ones can be taken away.
        this.#tiles.delete(key);
        this.#tiles.set(key, tile);
      }
      if (tile?.version === this.#version) continue;
      const away = Math.hypot(
        (cell.column + 0.5) * TILE - middle[0],
        (cell.row + 0.5) * TILE - middle[1],
      );
      const rank = !inView.has(key) ? 2 : tile === undefined ? 0 : 1;
      found.push({ ...cell, inView: inView.has(key), order: rank * FAR + away });
    }
    return found.sort((a, b) => a.order - b.order);
  }

  #paintTile(picture: Picture, column: number, row: number, ratio: number): void {
    this.#prepared ??= prepare(picture);
    const tile = this.#tileAt(column, row);
    tile.version = this.#version;
    const { pen } = tile;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = picture.palette.page;
    pen.fillRect(0, 0, TILE, TILE);
    this.#enter(tile);
    const size = TILE / this.#scale;
    // What is drawn around a box or a line may reach in from outside.
    const margin = 12 / this.#scale + 10;
    paint(pen, this.#prepared, this.#scale / ratio, {
      x: column * size - margin,
      y: row * size - margin,
      width: size + 2 * margin,
      height: size + 2 * margin,
    });
  }

  #enter({ pen, column, row }: Tile): void {
    pen.setTransform(this.#scale, 0, 0, this.#scale, -column * TILE, -row * TILE);
  }

  #tileAt(column: number, row: number): Tile {
    const key = keyOf({ column, row });
    const known = this.#tiles.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#tiles.size >= Math.max(MOST, this.#wanted) ? this.#tiles : [];
    if (oldest !== undefined) this.#tiles.delete(oldest[0]);
    const { canvas, pen } = oldest?.[1] ?? this.#spare.pop() ?? this.#makeSheet();
    const tile = { canvas, pen, column, row, version: -1 };
    this.#tiles.set(key, tile);
    return tile;
  }

  #rescale(scale: number): void {
    // Where nothing has been painted yet, what was there before is still the best that there is.
    if (this.#old === undefined || this.#tiles.size > 0) {
      this.#forgetOld();
      this.#old = { tiles: this.#tiles, scale: this.#scale };
    }
    this.#tiles = new Map();
    this.#scale = scale;
  }

  #forgetOld(): void {
    if (this.#old === undefined) return;
    this.#spare = [...this.#spare, ...this.#old.tiles.values()].slice(0, MOST / 2);
    this.#old = undefined;
  }
}

function keyOf({ column, row }: Cell): string {
  return `${column} ${row}`;
}

/** The cells that a part of the map touches, with a margin around it; all in pixels of the device. */
function* cellsOf({ x, y, width, height }: Box, margin: number): Generator<Cell> {
  const first = (start: number) => Math.floor((start - margin) / TILE);
  const end = (start: number, size: number) => Math.ceil((start + size + margin) / TILE);
  for (let column = first(x); column < end(x, width); column++) {
    for (let row = first(y); row < end(y, height); row++) yield { column, row };
  }
}

function blankSheet(): Sheet {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = TILE;
  const pen = canvas.getContext("2d", { alpha: false });
  if (pen === null) throw new Error("no canvas can be had");
  return { canvas, pen };
}

/** Copies tiles to a view whose left top corner is at (left, top), stretched by a factor. */
function copy(
  target: Target,
  tiles: ReadonlyMap<string, Tile>,
  factor: number,
  left: number,
  top: number,
): void {
  const { width, height } = target.canvas;
  const size = TILE * factor;
  for (const { canvas, column, row } of tiles.values()) {
    const x = column * size - left, y = row * size - top;
    if (x + size <= 0 || y + size <= 0 || x >= width || y >= height) continue;
    if (factor === 1) target.drawImage(canvas, x, y);
    else target.drawImage(canvas, x, y, size, size);
  }
}
