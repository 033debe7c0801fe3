import { NODE_HEIGHT, NODE_WIDTH } from "../layout/geometry.ts";
import type { GraphNode } from "../graph/flow_graph.ts";
import type { Camera, Size } from "./camera.ts";
import { type Box, paintAll, paintNode, type Picture } from "./paint.ts";

/** How much more than the view is painted on each side, as a share of it: panning shows it at once. */
const MARGIN = 0.3;

/**
 * The map's still part, painted once and shown many times: a pan or a breath costs one copy of pixels,
 * a changed node costs one box.
 */
export class Surface {
  readonly #canvas = document.createElement("canvas");
  readonly #pen = this.#canvas.getContext("2d", { alpha: false });
  #camera: Camera | undefined;
  #view: Size = { width: 0, height: 0 };
  #ratio = 1;
  #stale = true;

  invalidate(): void {
    this.#stale = true;
  }

  /** Paints a node anew in place; nothing when everything is painted anew anyway. */
  repaint(picture: Omit<Picture, "zoom">, node: GraphNode): void {
    if (this.#stale || this.#camera === undefined || this.#pen === null) return;
    this.#enter(this.#pen, this.#camera);
    paintNode(this.#pen, { ...picture, zoom: this.#camera.zoom }, node);
    this.#pen.restore();
  }

  /**
   * Copies the view to `target`, painting first what it does not have.
   *
   * @param moving the zoom is still changing: an enlarged copy will do
   */
  show(
    target: CanvasRenderingContext2D,
    picture: Omit<Picture, "zoom">,
    camera: Camera,
    view: Size,
    ratio: number,
    moving: boolean,
  ): void {
    if (this.#pen === null) return;
    const resized = view.width !== this.#view.width || view.height !== this.#view.height ||
      ratio !== this.#ratio;
    if (resized || this.#stale || !this.#covers(camera, view, moving)) {
      this.#view = view;
      this.#ratio = ratio;
      this.#paint(picture, camera);
    }
    const from = this.#camera;
    if (from === undefined) return;
    const scale = camera.zoom / from.zoom;
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.fillStyle = picture.palette.page;
    target.fillRect(0, 0, view.width * ratio, view.height * ratio);
    target.drawImage(
      this.#canvas,
      Math.round((from.x - camera.x) * camera.zoom * ratio),
      Math.round((from.y - camera.y) * camera.zoom * ratio),
      this.#canvas.width * scale,
      this.#canvas.height * scale,
    );
  }

  #covers(camera: Camera, view: Size, moving: boolean): boolean {
    const have = this.#camera;
    if (have === undefined) return false;
    if (camera.zoom !== have.zoom) return moving && camera.zoom / have.zoom > 0.5;
    const width = view.width * (1 + 2 * MARGIN), height = view.height * (1 + 2 * MARGIN);
    const left = (camera.x - have.x) * have.zoom, top = (camera.y - have.y) * have.zoom;
    return left >= 0 && top >= 0 && left + view.width <= width && top + view.height <= height;
  }

  #paint(picture: Omit<Picture, "zoom">, camera: Camera): void {
    const pen = this.#pen;
    if (pen === null) return;
    const { zoom } = camera;
    const { width, height } = this.#view;
    const size = [1 + 2 * MARGIN].flatMap((more) => [
      Math.ceil(width * more * this.#ratio),
      Math.ceil(height * more * this.#ratio),
    ]);
    if (this.#canvas.width !== size[0]) this.#canvas.width = size[0] ?? 0;
    if (this.#canvas.height !== size[1]) this.#canvas.height = size[1] ?? 0;
    const own = {
      zoom,
      x: camera.x - width * MARGIN / zoom,
      y: camera.y - height * MARGIN / zoom,
    };
    this.#camera = own;
    this.#stale = false;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = picture.palette.page;
    pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    const box: Box = {
      x: own.x - NODE_WIDTH,
      y: own.y - NODE_HEIGHT,
      width: this.#canvas.width / zoom / this.#ratio + 2 * NODE_WIDTH,
      height: this.#canvas.height / zoom / this.#ratio + 2 * NODE_HEIGHT,
    };
    this.#enter(pen, own);
    paintAll(pen, { ...picture, zoom }, box);
    pen.restore();
  }

  #enter(pen: CanvasRenderingContext2D, { x, y, zoom }: Camera): void {
    pen.save();
    const scale = zoom * this.#ratio;
    pen.setTransform(scale, 0, 0, scale, -x * scale, -y * scale);
  }
}
