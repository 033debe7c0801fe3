import { assert, assertEquals } from "@std/assert";
import { mapOf } from "../testing/maps.ts";
import { node, PALETTE } from "../testing/rows.ts";
import { shapesOf } from "./edge_path.ts";
import type { Pen, Picture } from "./picture.ts";
import { type Shown, type Target, Tiles } from "./tiles.ts";

/** A pen that draws nothing, and counts how often it began with a whole sheet. */
function countingPen(onSheet: () => void): Pen {
  const nothing = () => ({ width: 0 });
  return new Proxy({} as Pen, {
    get: (_, name) =>
      name === "fillRect"
        ? (x: number, y: number, width: number) => x === 0 && y === 0 && width === 512 && onSheet()
        : nothing,
    set: () => true,
  });
}

/** Tiles on an imaginary screen; `paints` counts painted tiles since it was last asked. */
function screen(view = { width: 1_000, height: 600 }) {
  const { graph, layout, key } = mapOf(
    Array.from({ length: 200 }, (_, at) => node(`n${at}`, "running")),
    [],
  );
  const marks = { forward: undefined, hits: [], filtering: false, blocked: new Set<string>() };
  const picture: Picture = {
    graph,
    layout,
    marks,
    palette: PALETTE,
    shapes: shapesOf(layout),
    now: 0,
  };
  let painted = 0;
  let copied = 0;
  const tiles = new Tiles(() => ({
    canvas: {} as CanvasImageSource,
    pen: countingPen(() => painted++),
  }));
  const target = {
    canvas: view,
    setTransform: () => {},
    fillRect: () => {},
    fillStyle: "",
    drawImage: () => copied++,
  } as unknown as Target;
  const paints = () => {
    const count = painted;
    painted = 0;
    return count;
  };
  return {
    tiles,
    picture,
    first: graph.nodes.get(key("n0")),
    paints,
    copies: () => copied,
    show: (more: Partial<Shown> = {}) =>
      tiles.show(target, picture, {
        camera: { x: 0, y: 0, zoom: 1 },
        view,
        ratio: 1,
        moving: false,
        budget: Infinity,
        ...more,
      }),
  };
}

Deno.test("a frame paints what is in view and a little more, and then nothing", () => {
  const { show, paints } = screen();
  assert(show());
  assert(paints() >= 4);
  assert(show());
  assertEquals(paints(), 0);
});

Deno.test("a pan paints what comes nearer, and never what is there", () => {
  const { show, paints } = screen();
  show();
  paints();
  show({ camera: { x: 100, y: 0, zoom: 1 } });
  assertEquals(paints(), 0, "that much was painted ahead");
  show({ camera: { x: 500, y: 0, zoom: 1 } });
  const more = paints();
  assert(more > 0 && more <= 8, `${more} tiles`);
});

Deno.test("with no time left each frame still paints one tile, until all are there", () => {
  const { show, paints } = screen();
  let frames = 0;
  for (let complete = false; !complete; frames++) {
    complete = show({ budget: 0 });
    assertEquals(paints(), 1);
  }
  assertEquals(frames, 4, "a view of 1000 by 600 shows four tiles");
});

Deno.test("what is out of date stays to be seen until it is painted anew", () => {
  const { tiles, show, paints, copies } = screen();
  show();
  paints();
  tiles.invalidate();
  const before = copies();
  assertEquals([show({ budget: 0 }), paints(), copies() - before], [false, 1, 4]);
  show();
  assert(show());
});

Deno.test("a node is painted anew without its tile", () => {
  const { tiles, picture, first, show, paints } = screen();
  show();
  paints();
  assert(first !== undefined);
  tiles.repaint(picture, first, 1);
  assertEquals([show(), paints()], [true, 0]);
});

Deno.test("while the zoom changes nothing is painted, and what is there is stretched", () => {
  const { show, paints, copies } = screen();
  show();
  paints();
  const before = copies();
  const zoomed = { camera: { x: 0, y: 0, zoom: 1.2 } };
  assertEquals([show({ ...zoomed, moving: true }), paints()], [false, 0]);
  assert(copies() > before);
  assert(show(zoomed));
  assert(paints() >= 4);
});

Deno.test("a view that needs more tiles than are kept is painted all the same", () => {
  const { show, paints } = screen({ width: 8_000, height: 5_000 });
  assert(show());
  paints();
  assert(show());
  assertEquals(paints(), 0);
});
