/** What part of the map is seen: its top left corner in map units, and pixels for each of them. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const MIN_ZOOM = 0.02;
export const MAX_ZOOM = 2.5;
/** A small map is not blown up further than this to fill the view. */
export const MAX_FIT = 1.15;
/** Left free around a map that is fitted, in pixels. */
export const FIT_MARGIN = 20;

/** All of the map in the middle of the view; a small one is not blown up. */
export function fit(map: Size, view: Size, margin = FIT_MARGIN): Camera {
  const zoom = clampZoom(Math.min(
    (view.width - 2 * margin) / Math.max(1, map.width),
    (view.height - 2 * margin) / Math.max(1, map.height),
    MAX_FIT,
  ));
  return {
    zoom,
    x: map.width / 2 - view.width / 2 / zoom,
    y: map.height / 2 - view.height / 2 / zoom,
  };
}

/** Zooms by `factor` and leaves what is at (x, y) of the view where it is. */
export function zoomAt(camera: Camera, factor: number, x: number, y: number): Camera {
  const zoom = clampZoom(camera.zoom * factor);
  return {
    zoom,
    x: camera.x + x / camera.zoom - x / zoom,
    y: camera.y + y / camera.zoom - y / zoom,
  };
}

/** Moves the map by so many pixels of the view. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.zoom, y: camera.y - dy / camera.zoom };
}

/** The least move that brings a point well into the view. */
export function reveal(camera: Camera, view: Size, x: number, y: number, margin = 130): Camera {
  const clamp = (value: number, start: number, size: number) => {
    const inset = Math.min(margin / camera.zoom, size / 2);
    return Math.min(Math.max(start, value - size + inset), value - inset);
  };
  return {
    ...camera,
    x: clamp(x, camera.x, view.width / camera.zoom),
    y: clamp(y, camera.y, view.height / camera.zoom),
  };
}

function clampZoom(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}
