/**
 * The page's structure stands in `page.html` as templates; code clones them and fills in their parts
 * (`data-part`). Texts only ever become text nodes, so nothing that a flow says can be markup.
 */

/** A new copy of the only element of the template `id`. */
export function clone<T extends Element = HTMLElement>(id: string): T {
  const template = document.getElementById(id);
  const copy = template instanceof HTMLTemplateElement
    ? template.content.firstElementChild?.cloneNode(true)
    : undefined;
  if (copy === undefined) throw new Error(`the page has no template ${id}`);
  return document.adoptNode(copy) as T;
}

/** All elements of the template `id`. */
export function cloneAll(id: string): DocumentFragment {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`the page has no template ${id}`);
  return document.importNode(template.content, true);
}

/** The element inside `root` that carries `data-part="name"`. */
export function part<T extends Element = HTMLElement>(root: ParentNode, name: string): T {
  return find(root, `[data-part="${name}"]`);
}

/** The first element inside `root` that `selector` fits. */
export function find<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const element = root.querySelector<T>(selector);
  if (element === null) throw new Error(`the page has no ${selector}`);
  return element;
}

/** Sets a text, unless it is there already: an equal assignment would still cost a layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute, or takes it away when `value` is undefined; only what changed. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Shows or hides an element. */
export function setShown(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}
