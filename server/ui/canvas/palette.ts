import type { Phase } from "../view/phase.ts";

const TOKENS = [
  "page",
  "panel",
  "raised",
  "line",
  "text",
  "soft",
  "focus",
  "failed",
  "running",
  "pending",
  "other",
  "succeeded",
  "warn",
] as const;

/** Colours of the map as `#rrggbb`, by token. */
export type Palette = Readonly<Record<typeof TOKENS[number] | Phase, string>>;

/**
 * Reads the tokens as they hold for `element`, in any notation that CSS has.
 *
 * @param prefix of the custom properties' names
 */
export function readPalette(
  element: Element,
  context: CanvasRenderingContext2D,
  prefix = "--_",
): Palette {
  const style = getComputedStyle(element);
  const palette: Record<string, string> = {};
  for (const token of TOKENS) {
    context.fillStyle = "#888888";
    context.fillStyle = style.getPropertyValue(prefix + token).trim();
    palette[token] = String(context.fillStyle);
  }
  return palette as Palette;
}

const mixed = new Map<string, string>();

/** A share of `over` upon `under`; both `#rrggbb`, anything else is taken as it is. */
export function mix(over: string, under: string, share: number): string {
  const key = `${over}${under}${share}`;
  let made = mixed.get(key);
  // A palette has a few dozen mixtures; a page that animates its tokens must not fill the memory.
  if (mixed.size > 1_000) mixed.clear();
  if (made === undefined) mixed.set(key, made = mixture(over, under, share));
  return made;
}

function mixture(over: string, under: string, share: number): string {
  const [a, b] = [channels(over), channels(under)];
  if (a === undefined || b === undefined) return over;
  const sum = a.map((value, at) => Math.round(value * share + (b[at] ?? 0) * (1 - share)));
  return `#${sum.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function channels(colour: string): number[] | undefined {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return undefined;
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
