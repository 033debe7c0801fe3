import type { Page } from "playwright-core";

/** Times between frames, in milliseconds. */
export interface FrameTimes {
  readonly what: string;
  /** Frames a second, over the whole measurement. */
  readonly fps: number;
  readonly p50: number;
  readonly p95: number;
  readonly longest: number;
}

const SECONDS = 6;

/** Pans the map to and fro as a hand does, once a frame. */
export function panMap(page: Page, what: string): Promise<FrameTimes> {
  return measure(what, () =>
    page.evaluate(async (seconds) => {
      const map = document.querySelector("flow-canvas")?.shadowRoot?.querySelector(".map");
      const move = (type: string, x: number) =>
        map?.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: x, clientY: 400 }));
      move("pointerdown", 700);
      const times: number[] = [];
      const end = performance.now() + seconds * 1_000;
      for (let at = 0; performance.now() < end; at++) {
        move("pointermove", 700 + 500 * Math.sin(at / 40));
        times.push(await new Promise<number>((resolve) => requestAnimationFrame(resolve)));
      }
      move("pointerup", 700);
      return times;
    }, SECONDS));
}

/** Moves `#baseline > g` to and fro in the same way. */
export function panSvg(page: Page, what: string): Promise<FrameTimes> {
  return measure(what, () =>
    page.evaluate(async (seconds) => {
      const drawing = document.querySelector("#baseline > g");
      const times: number[] = [];
      const end = performance.now() + seconds * 1_000;
      for (let at = 0; performance.now() < end; at++) {
        drawing?.setAttribute("transform", `translate(${500 * Math.sin(at / 40)} 0)`);
        times.push(await new Promise<number>((resolve) => requestAnimationFrame(resolve)));
      }
      return times;
    }, SECONDS));
}

async function measure(what: string, frames: () => Promise<number[]>): Promise<FrameTimes> {
  const at = await frames();
  const gaps = at.slice(1).map((time, n) => time - (at[n] ?? 0)).sort((a, b) => a - b);
  const whole = (at.at(-1) ?? 0) - (at[0] ?? 0);
  const share = (part: number) => gaps[Math.floor(gaps.length * part)] ?? 0;
  return {
    what,
    fps: gaps.length / whole * 1_000,
    p50: share(0.5),
    p95: share(0.95),
    longest: gaps.at(-1) ?? 0,
  };
}
