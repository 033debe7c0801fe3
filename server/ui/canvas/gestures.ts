/** What hands do to a map; points and ways are in pixels of the element. */
export interface GestureActions {
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  tap(x: number, y: number): void;
  doubleTap(x: number, y: number): void;
}

/** A pointer that has gone further than this, in pixels, is no press. */
const STILL = 4;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** One finger or the mouse pans, two fingers or the wheel zoom, a short press chooses. */
export function listenToGestures(element: HTMLElement, actions: GestureActions): void {
  const down = new Map<number, Point>();
  let moved = 0;
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    actions.zoom(Math.exp(-event.deltaY / 500), event.offsetX, event.offsetY);
  }, { passive: false });
  element.addEventListener("dblclick", ({ offsetX, offsetY }) => {
    actions.doubleTap(offsetX, offsetY);
  });
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (down.size === 1) moved = 0;
  });
  element.addEventListener("pointermove", (event) => {
    const from = down.get(event.pointerId);
    if (from === undefined) return;
    const to = { x: event.offsetX, y: event.offsetY };
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
      actions.zoom(span(to, other) / Math.max(1, span(from, other)), other.x, other.y);
      moved = Infinity;
    } else {
      moved += Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
      if (moved > STILL) actions.pan(to.x - from.x, to.y - from.y);
    }
    down.set(event.pointerId, to);
  });
  element.addEventListener("pointerup", (event) => {
    if (down.delete(event.pointerId) && moved <= STILL) actions.tap(event.offsetX, event.offsetY);
  });
  element.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
}

function span(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
