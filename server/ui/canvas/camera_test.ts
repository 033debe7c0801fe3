import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fit, MAX_ZOOM, pan, reveal, zoomAt } from "./camera.ts";

const VIEW = { width: 800, height: 600 };
const cameras = fc.record({
  x: fc.integer({ min: -1_000, max: 1_000 }),
  y: fc.integer({ min: -1_000, max: 1_000 }),
  zoom: fc.constantFrom(0.1, 0.5, 1, 2),
});

Deno.test("fitting shows all of the map", () => {
  const size = fc.record({
    width: fc.integer({ min: 1, max: 9_000 }),
    height: fc.integer({ min: 1, max: 9_000 }),
  });
  fc.assert(fc.property(size, (map) => {
    const { x, y, zoom } = fit(map, VIEW);
    assert(x <= 0 && y <= 0);
    assert((map.width - x) * zoom <= VIEW.width && (map.height - y) * zoom <= VIEW.height);
  }));
});

Deno.test("zooming leaves the point under the pointer where it is", () => {
  fc.assert(fc.property(cameras, fc.nat(800), fc.nat(600), (camera, px, py) => {
    const after = zoomAt(camera, 1.3, px, py);
    assert(Math.abs(after.x + px / after.zoom - (camera.x + px / camera.zoom)) < 1e-6);
    assert(Math.abs(after.y + py / after.zoom - (camera.y + py / camera.zoom)) < 1e-6);
  }));
});

Deno.test("there is an end to zooming", () => {
  assertEquals(zoomAt({ x: 0, y: 0, zoom: 2 }, 100, 0, 0).zoom, MAX_ZOOM);
});

Deno.test("panning moves the map with the pointer", () => {
  assertEquals(pan({ x: 0, y: 0, zoom: 2 }, 10, -20), { x: -5, y: 10, zoom: 2 });
});

Deno.test("revealing brings a point into the view, and moves nothing for one that is there", () => {
  fc.assert(fc.property(cameras, fc.integer({ max: 5_000 }), (camera, at) => {
    const point = at % 5_000;
    const after = reveal(camera, VIEW, point, point);
    assert(point >= after.x && point <= after.x + VIEW.width / after.zoom);
    assertEquals(reveal(after, VIEW, point, point), after);
  }));
});
