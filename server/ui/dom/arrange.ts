import { longestIncreasing } from "../view/longest_increasing.ts";

/**
 * Makes `elements` the children of `parent`, in this order, with as few moves as possible: focus,
 * selection and scroll position survive in what stays.
 */
export function arrange(parent: Element, elements: readonly Element[]): void {
  const places = new Map<Element, number>();
  for (const [place, child] of [...parent.children].entries()) places.set(child, place);
  if (places.size === elements.length && elements.every((child, at) => places.get(child) === at)) {
    return;
  }
  const wanted = new Set(elements);
  for (const child of places.keys()) if (!wanted.has(child)) child.remove();
  const old = elements.filter((element) => places.has(element));
  const staying = new Set(
    longestIncreasing(old.map((element) => places.get(element) ?? 0)).map((at) => old[at]),
  );
  let next: Element | null = null;
  for (const element of elements.toReversed()) {
    if (!staying.has(element)) parent.insertBefore(element, next);
    next = element;
  }
}
