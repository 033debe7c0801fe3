import { assert, assertEquals } from "@std/assert";
import { Viewport } from "./viewport.ts";

const VIEW = { width: 800, height: 600 };
const MAP = { width: 4_000, height: 1_000 };

function looking(): Viewport {
  const viewport = new Viewport();
  viewport.resize(VIEW);
  viewport.setMap(MAP);
  return viewport;
}

Deno.test("the whole map stays in view while it grows and the window changes", () => {
  const viewport = looking();
  assert(viewport.seesAll);
  viewport.setMap({ width: 9_000, height: 4_000 });
  assert(viewport.seesAll);
  viewport.resize({ width: 500, height: 300 });
  assert(viewport.seesAll);
});

Deno.test("who has looked closer is left there", () => {
  const viewport = looking();
  viewport.zoom(9);
  const { camera } = viewport;
  assert(!viewport.seesAll);
  viewport.setMap({ width: 9_000, height: 4_000 });
  viewport.resize({ width: 500, height: 300 });
  assertEquals(viewport.camera, camera);
  viewport.fit();
  assert(viewport.seesAll);
});

Deno.test("revealing what is in view is no closer look", () => {
  const viewport = looking();
  viewport.reveal(2_000, 500);
  viewport.setMap({ width: 9_000, height: 4_000 });
  assert(viewport.seesAll);
});

Deno.test("a point that is centred is seen in the middle", () => {
  const viewport = looking();
  viewport.centre(1_234, 567, 2);
  assertEquals(viewport.toMap(400, 300), [1_234, 567]);
});

Deno.test("without a map or a window there is nothing to see", () => {
  const viewport = new Viewport();
  assert(viewport.isEmpty);
  viewport.setMap(MAP);
  assert(viewport.isEmpty);
  viewport.resize(VIEW);
  assert(!viewport.isEmpty);
});

Deno.test("what is revealed does not lie under something else", () => {
  const viewport = looking();
  viewport.zoom(9);
  const seenAt = () => (2_000 - viewport.camera.x) * viewport.camera.zoom;
  viewport.centre(1_000, 500);
  viewport.reveal(2_000, 500);
  assert(seenAt() > 400);
  viewport.reveal(2_000, 500, { right: 400, bottom: 0 });
  assert(seenAt() < 400);
});
