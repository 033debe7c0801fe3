import { NODE_HEIGHT } from "../layout/geometry.ts";
import { element } from "./element.ts";
import type { Picture } from "./picture.ts";
import type { Viewport } from "./viewport.ts";

/** Room for it, in pixels. */
const WIDTH = 180;
const HEIGHT = 110;
/** Its frame may lag behind a pan a little, in milliseconds: many boxes a frame would slow that down. */
const PACE = 250;
const SMALL = 300;

/** All of the map in the corner, with a frame around what is in view. */
export class MiniMap {
  readonly element = element("canvas", { class: "mini", "aria-hidden": "true" });
  readonly #pen = this.element.getContext("2d");
  #scale = 1;
  #drawnAt = -Infinity;

  /** @param onGo a point of the map was chosen */
  constructor(onGo: (x: number, y: number) => void) {
    this.element.hidden = true;
    this.element.addEventListener("pointerdown", ({ offsetX, offsetY }) => {
      onGo(offsetX / this.#scale, offsetY / this.#scale);
    });
  }

  /** @param now milliseconds of any clock that does not jump */
  draw({ graph, layout, palette }: Picture, viewport: Viewport, hidden: boolean, now: number) {
    this.element.hidden = hidden || viewport.seesAll;
    const pen = this.#pen;
    const tooSoon = graph.nodes.size > SMALL && now < this.#drawnAt + PACE;
    if (pen === null || this.element.hidden || tooSoon) return;
    this.#drawnAt = now;
    const scale = this.#scale = Math.min(WIDTH / layout.width, HEIGHT / layout.height);
    const width = Math.max(8, Math.ceil(layout.width * scale));
    const height = Math.max(8, Math.ceil(layout.height * scale));
    if (this.element.width !== width) this.element.width = width;
    if (this.element.height !== height) this.element.height = height;
    pen.clearRect(0, 0, width, height);
    const box = [
      Math.max(1.5, layout.spacing.nodeWidth * scale),
      Math.max(1, NODE_HEIGHT * scale),
    ] as const;
    for (const { key, row } of graph.nodes.values()) {
      const place = layout.nodes.get(key);
      if (place === undefined) continue;
      pen.fillStyle = palette[row.phase];
      pen.fillRect(place.x * scale, place.y * scale - box[1] / 2, ...box);
    }
    const { camera, size } = viewport;
    pen.strokeStyle = palette.text;
    pen.strokeRect(
      camera.x * scale,
      camera.y * scale,
      size.width / camera.zoom * scale,
      size.height / camera.zoom * scale,
    );
  }
}
