import type { Phase } from "../view/phase.ts";
import { find, setAttribute } from "./parts.ts";

/** Gives `root` the colour of a phase, and its first sign the shape of it or of another one. */
export function setPhase(root: Element, phase: Phase, shape: Phase | "suspended" = phase): void {
  setAttribute(root, "data-phase", phase);
  setAttribute(find(root, ".sign use"), "href", `#sign-${shape}`);
}
