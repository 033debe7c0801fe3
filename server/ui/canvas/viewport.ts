import { type Camera, fit, pan, reveal, type Size, zoomAt } from "./camera.ts";

const NOWHERE: Size = { width: 0, height: 0 };

/** Where the reader looks. The whole map stays in view until the reader looks closer. */
export class Viewport {
  #camera: Camera = { x: 0, y: 0, zoom: 1 };
  #size = NOWHERE;
  #map = NOWHERE;
  #fitted = true;

  get camera(): Camera {
    return this.#camera;
  }

  get size(): Size {
    return this.#size;
  }

  get isFitted(): boolean {
    return this.#fitted;
  }

  /** There is nothing to see, or nowhere to show it. */
  get isEmpty(): boolean {
    return this.#size.width === 0 || this.#map.width === 0;
  }

  /** Nothing of the map is out of view. */
  get seesAll(): boolean {
    return this.#size.width / this.#camera.zoom >= this.#map.width &&
      this.#size.height / this.#camera.zoom >= this.#map.height;
  }

  resize(size: Size): void {
    this.#size = size;
    if (this.#fitted) this.fit();
  }

  setMap(map: Size): void {
    this.#map = map;
    if (this.#fitted) this.fit();
  }

  fit(): void {
    this.#fitted = true;
    if (!this.isEmpty) this.#camera = fit(this.#map, this.#size);
  }

  /** Zooms around a point of the view; the middle when none is given. */
  zoom(factor: number, x = this.#size.width / 2, y = this.#size.height / 2): void {
    this.#move(zoomAt(this.#camera, factor, x, y));
  }

  /** Moves the map by so many pixels. */
  pan(dx: number, dy: number): void {
    this.#move(pan(this.#camera, dx, dy));
  }

  /**
   * Brings a point of the map into view, by the least move that does.
   *
   * @param covered what of the view something else lies over, in pixels
   */
  reveal(x: number, y: number, covered = { right: 0, bottom: 0 }): void {
    const { width, height } = this.#size;
    const free = { width: width - covered.right, height: height - covered.bottom };
    const camera = reveal(this.#camera, free, x, y);
    if (camera.x !== this.#camera.x || camera.y !== this.#camera.y) this.#move(camera);
  }

  /** Puts a point of the map into the middle. */
  centre(x: number, y: number, zoom = this.#camera.zoom): void {
    const { width, height } = this.#size;
    this.#move({ zoom, x: x - width / zoom / 2, y: y - height / zoom / 2 });
  }

  /** The point of the map that is seen at a point of the view. */
  toMap(x: number, y: number): readonly [x: number, y: number] {
    return [this.#camera.x + x / this.#camera.zoom, this.#camera.y + y / this.#camera.zoom];
  }

  #move(camera: Camera): void {
    this.#fitted = false;
    this.#camera = camera;
  }
}
