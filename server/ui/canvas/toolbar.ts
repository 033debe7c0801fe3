import type { FlowGraph } from "../graph/flow_graph.ts";
import { setAttribute, setText } from "../dom/parts.ts";
import { type Phase, PHASE_NOUNS, PHASES } from "../view/phase.ts";
import { button, element } from "./element.ts";
import { type ExportFormat, EXPORTS } from "./export_file.ts";
import type { LinkState } from "./link_state.ts";
import type { Marks } from "./marks.ts";
import type { SceneLooks } from "./scene.ts";

export interface ToolbarActions {
  /** Something was chosen: the looks are others. */
  look(): void;
  /** The first node that was found is to be gone to. */
  goToHit(): void;
  zoom(factor: number): void;
  fit(): void;
  save(format: ExportFormat): void;
}

/** Searches, filters and switches above a map. */
export class Toolbar {
  readonly element = element("div", { class: "bar", role: "group", "aria-label": "Map" });
  readonly #actions: ToolbarActions;
  readonly #search = element("input", {
    type: "search",
    "aria-label": "Search the map",
    placeholder: "Search",
    autocomplete: "off",
  });
  readonly #found = element("output");
  readonly #status = element("select", { "aria-label": "Status" });
  readonly #region = element("select", { "aria-label": "Region" });
  readonly #family = element("select", { "aria-label": "Family", class: "wide" });
  readonly #export = element("select", { "aria-label": "Export", class: "wide" });
  readonly #culprits = toggle("Culprits", "Culprits: draw failures forward (c)", true);
  readonly #path = toggle("Critical path", "Critical path (p)", false);

  constructor(actions: ToolbarActions) {
    this.#actions = actions;
    fill(this.#status, "All statuses", PHASES.map((phase) => [phase, PHASE_NOUNS[phase]]));
    fill(this.#export, "Export…", Object.keys(EXPORTS).map((it) => [it, it]));
    const zoomOut = button("−", "Zoom out (-)", () => actions.zoom(1 / 1.3));
    const zoomIn = button("+", "Zoom in (+)", () => actions.zoom(1.3));
    // Two fingers do it where there is no room for them.
    for (const wide of [this.#path, zoomOut, zoomIn]) wide.className = "wide";
    this.element.append(
      this.#search,
      this.#found,
      this.#status,
      this.#region,
      this.#family,
      element("span", { class: "room" }),
      this.#culprits,
      this.#path,
      zoomOut,
      zoomIn,
      button("Fit", "Fit the map (f)", () => actions.fit()),
      this.#export,
    );
    this.#listen();
  }

  /** How the reader wants to see the map, but for phases that are chosen elsewhere. */
  looks(phases: ReadonlySet<Phase>): SceneLooks {
    const status = this.#status.value as Phase | "";
    return {
      filter: { text: this.#search.value, phases: status === "" ? phases : new Set([status]) },
      region: this.#region.value || undefined,
      family: this.#family.value || undefined,
      culprits: isPressed(this.#culprits),
      path: isPressed(this.#path),
    };
  }

  /** What of a link stands here. */
  get link(): LinkState {
    return {
      q: this.#search.value,
      status: this.#status.value,
      region: this.#region.value,
      family: this.#family.value,
    };
  }

  set link({ q, status, region, family }: LinkState) {
    this.#search.value = q ?? "";
    this.#status.value = status ?? "";
    // A choice exists once a node has it.
    if (region !== undefined) fill(this.#region, "", [[region, region]], region);
    if (family !== undefined) fill(this.#family, "", [[family, family]], family);
  }

  focus(): void {
    this.#search.focus();
  }

  flip(which: "culprits" | "path"): void {
    (which === "culprits" ? this.#culprits : this.#path).click();
  }

  /** Says how many were found, and offers the regions and families that there are. */
  update({ nodes }: FlowGraph, { hits, filtering }: Marks, choices: boolean): void {
    setText(this.#found, filtering ? `${hits.length} of ${nodes.size}` : "");
    if (!choices) return;
    const all = [...nodes.values()];
    fill(this.#region, "All regions", names(all.map(({ row }) => row.region)));
    fill(this.#family, "All families", names(all.map(({ node }) => node?.family)));
  }

  #listen(): void {
    const { look, goToHit, save } = this.#actions;
    this.#search.addEventListener("input", look);
    this.#search.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") {
        // The focus moves to the node's button, which must not take this key for a click.
        event.preventDefault();
        goToHit();
      }
      if (event.key === "Escape") {
        this.#search.value = "";
        look();
      }
    });
    for (const choice of [this.#status, this.#region, this.#family]) {
      choice.addEventListener("change", look);
    }
    for (const it of [this.#culprits, this.#path]) it.addEventListener("click", look);
    this.#export.addEventListener("change", () => {
      const format = this.#export.value as ExportFormat;
      this.#export.value = "";
      save(format);
    });
  }
}

function toggle(text: string, title: string, pressed: boolean): HTMLButtonElement {
  const made = button(text, title, () => {
    setAttribute(made, "aria-pressed", String(!isPressed(made)));
  });
  setAttribute(made, "aria-pressed", String(pressed));
  return made;
}

function isPressed(made: HTMLButtonElement): boolean {
  return made.getAttribute("aria-pressed") === "true";
}

function names(values: readonly (string | undefined)[]): [string, string][] {
  return [...new Set(values)].flatMap((name) => name ? [name] : []).sort()
    .map((name) => [name, name]);
}

/** Gives a choice its options, and leaves what is chosen chosen. */
function fill(
  choice: HTMLSelectElement,
  all: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen = choice.value,
): void {
  const told = JSON.stringify(options);
  if (choice.dataset["options"] === told) return;
  choice.dataset["options"] = told;
  const wanted = chosen !== "" && !options.some(([value]) => value === chosen)
    ? [...options, [chosen, chosen] as const]
    : options;
  choice.replaceChildren(
    element("option", { value: "" }, all),
    ...wanted.map(([value, text]) => element("option", { value }, text)),
  );
  choice.value = chosen;
}
