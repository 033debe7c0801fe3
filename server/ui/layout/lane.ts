import { type ItemKind, NODE_GAP, NODE_HEIGHT, separation } from "./geometry.ts";
import { untangle } from "./order.ts";
import { spread } from "./spread.ts";

/** Something that takes room in a column of a lane. */
export interface Item {
  readonly key: string;
  readonly kind: ItemKind;
  readonly layer: number;
  /** Where its middle was before and has to stay, from the lane's top. */
  readonly kept?: number | undefined;
}

/** The content of one lane; links by the items' indexes, between neighbouring layers. */
export interface LaneContent {
  readonly items: readonly Item[];
  readonly links: readonly (readonly [number, number])[];
  /** Nodes without any edge. They stand below the others in a grid, wherever there is room. */
  readonly loose: readonly { readonly key: string; readonly kept?: Place | undefined }[];
}

export interface Place {
  readonly layer: number;
  /** Of the middle, from the lane's top. */
  readonly y: number;
}

const SWEEPS = 6;
/** A bend gives way less than a node: edges that pass run straight. */
const WEIGHTS: Readonly<Record<ItemKind, number>> = { node: 1, bend: 3 };
const TOP = NODE_HEIGHT / 2;
const PITCH = NODE_HEIGHT + NODE_GAP;

/** Gives everything in a lane its place. */
export function placeLane(content: LaneContent): Map<string, Place> {
  const keeps = [...content.items, ...content.loose].some(({ kept }) => kept !== undefined);
  const places = keeps ? placeAround(content) : placeAnew(content);
  placeLoose(content, places);
  return places;
}

function placeAnew({ items, links }: LaneContent): Map<string, Place> {
  const before: number[][] = items.map(() => []);
  const behind: number[][] = items.map(() => []);
  for (const [from, to] of links) {
    behind[from]?.push(to);
    before[to]?.push(from);
  }
  const columns = untangle({ columns: byLayer(items), before, behind });
  const distances = columns.map((column) =>
    column.map((item, at) => separation(kindOf(items, column[at - 1]), kindOf(items, item)))
  );
  const y = new Float64Array(items.length);
  const weights = Float64Array.from(items, ({ kind }) => WEIGHTS[kind]);
  const settle = (at: number, ...sides: readonly (readonly number[])[][]) => {
    const column = columns[at] ?? [];
    const wishes = column.map((item) => {
      let sum = 0, count = 0;
      for (const side of sides) {
        const near = side[item] ?? [];
        count += near.length;
        for (let n = 0; n < near.length; n++) sum += y[near[n] ?? 0] ?? 0;
      }
      const weight = weights[item] ?? 1;
      return count === 0 ? { at: y[item] ?? 0, weight: weight * 0.2 } : { at: sum / count, weight };
    });
    const placed = spread(wishes, distances[at] ?? []);
    for (let place = 0; place < column.length; place++) {
      y[column[place] ?? 0] = placed[place] ?? 0;
    }
  };
  // The middle of each column on one line to begin with.
  for (const [at, column] of columns.entries()) {
    let offset = 0;
    for (const [place, item] of column.entries()) {
      if (place > 0) offset += distances[at]?.[place] ?? 0;
      y[item] = offset;
    }
    for (const item of column) y[item] = (y[item] ?? 0) - Math.round(offset / 4) * 2;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let at = 1; at < columns.length; at++) settle(at, before);
    for (let at = columns.length - 2; at >= 0; at--) settle(at, behind);
  }
  for (let at = 0; at < columns.length; at++) {
    settle(at, before, behind);
  }
  const top = y.reduce((least, value) => Math.min(least, value), Infinity);
  return new Map(
    items.map(({ key, layer }, at) => [key, { layer, y: (y[at] ?? 0) - top + TOP }]),
  );
}

/** Leaves what is kept where it is and puts the rest into the gaps nearest to its neighbours. */
function placeAround({ items, links, loose }: LaneContent): Map<string, Place> {
  const places = new Map<string, Place>();
  const room = new Room();
  for (const { kept } of loose) if (kept !== undefined) room.take(kept.layer, "node", kept.y);
  for (const { key, kind, layer, kept } of items) {
    if (kept === undefined) continue;
    places.set(key, { layer, y: kept });
    room.take(layer, kind, kept);
  }
  const near: number[][] = items.map(() => []);
  for (const [from, to] of links) {
    near[from]?.push(to);
    near[to]?.push(from);
  }
  const added = [...items.keys()].filter((at) => items[at]?.kept === undefined)
    .sort((a, b) => (items[a]?.layer ?? 0) - (items[b]?.layer ?? 0) || a - b);
  for (const at of added) {
    const item = items[at];
    if (item === undefined) continue;
    const known = (near[at] ?? []).flatMap((other) => places.get(items[other]?.key ?? "") ?? []);
    const wish = known.length === 0
      ? TOP
      : known.reduce((sum, place) => sum + place.y, 0) / known.length;
    const y = room.nearest(item.layer, item.kind, Math.round(wish / 2) * 2);
    places.set(item.key, { layer: item.layer, y });
    room.take(item.layer, item.kind, y);
  }
  return places;
}

function placeLoose({ items, loose }: LaneContent, places: Map<string, Place>): void {
  const room = new Room();
  let bottom = 0;
  let columns = Math.ceil(Math.sqrt(loose.length));
  for (const { key, kind, layer } of items) {
    const y = places.get(key)?.y ?? 0;
    room.take(layer, kind, y);
    bottom = Math.max(bottom, y + NODE_HEIGHT / 2 + NODE_GAP);
    columns = Math.max(columns, layer + 1);
  }
  for (const { key, kept } of loose) {
    if (kept === undefined) continue;
    places.set(key, kept);
    room.take(kept.layer, "node", kept.y);
  }
  let cell = 0;
  for (const { key, kept } of loose) {
    if (kept !== undefined) continue;
    for (;; cell++) {
      const layer = cell % columns;
      const y = bottom + TOP + Math.floor(cell / columns) * PITCH;
      if (!room.isFree(layer, "node", y)) continue;
      places.set(key, { layer, y });
      room.take(layer, "node", y);
      break;
    }
  }
}

/** What is taken of each column. */
class Room {
  readonly #taken = new Map<number, { readonly kind: ItemKind; readonly y: number }[]>();

  take(layer: number, kind: ItemKind, y: number): void {
    const column = this.#taken.get(layer);
    if (column === undefined) this.#taken.set(layer, [{ kind, y }]);
    else column.push({ kind, y });
  }

  isFree(layer: number, kind: ItemKind, y: number): boolean {
    return y >= TOP &&
      (this.#taken.get(layer) ?? []).every((other) =>
        Math.abs(other.y - y) >= separation(other.kind, kind)
      );
  }

  /** The free place nearest to `wish`; of two, the upper one. */
  nearest(layer: number, kind: ItemKind, wish: number): number {
    const column = this.#taken.get(layer) ?? [];
    // The nearest free place is the wish itself or right beside something that is there.
    const candidates = [Math.max(wish, TOP), TOP];
    for (const other of column) {
      const distance = separation(other.kind, kind);
      candidates.push(other.y - distance, other.y + distance);
    }
    candidates.sort((a, b) => Math.abs(a - wish) - Math.abs(b - wish) || a - b);
    return candidates.find((y) => this.isFree(layer, kind, y)) ?? TOP;
  }
}

function byLayer(items: readonly Item[]): number[][] {
  const columns: number[][] = [];
  for (const [at, { layer }] of items.entries()) {
    while (columns.length <= layer) columns.push([]);
    columns[layer]?.push(at);
  }
  return columns;
}

function kindOf(items: readonly Item[], at: number | undefined): ItemKind {
  return items[at ?? -1]?.kind ?? "node";
}
