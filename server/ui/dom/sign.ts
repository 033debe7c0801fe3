import type { Phase } from "../view/phase.ts";
import { find, setAttribute } from "./parts.ts";

/** Gives `root` the colour of a phase and its first sign the shape. */
export function setPhase(root: Element, phase: Phase): void {
  setAttribute(root, "data-phase", phase);
  setAttribute(find(root, ".sign use"), "href", `#sign-${phase}`);
}
