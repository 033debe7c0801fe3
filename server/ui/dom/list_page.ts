import { formatAgo } from "../view/duration.ts";
import { type FlowSummary, readFlowList } from "../view/flow_summary.ts";
import { wordOf } from "../view/phase.ts";
import { arrange } from "./arrange.ts";
import { clone, cloneAll, part, setText } from "./parts.ts";
import { setPhase } from "./sign.ts";

/** Between two looks at the list, in milliseconds. */
const REFRESH = 3_000;

/** Lists the router's flows in `main`. */
export class ListPage {
  readonly #main: HTMLElement;
  readonly #url: URL;
  readonly #onList: (flows: readonly FlowSummary[]) => void;
  readonly #cards = new Map<string, HTMLElement>();
  #flows: readonly FlowSummary[] | undefined;

  /**
   * @param router where `/v1/flows` is
   * @param onList told of every list that arrives
   */
  constructor(main: HTMLElement, router: URL, onList: (flows: readonly FlowSummary[]) => void) {
    this.#main = main;
    this.#url = new URL("v1/flows", router);
    this.#onList = onList;
    main.replaceChildren(cloneAll("list-page"));
    this.#say("Asking the router for its flows…");
    this.#refresh();
  }

  async #refresh(): Promise<void> {
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(5 * REFRESH) });
      if (!response.ok) throw new Error(`the router answered ${response.status}`);
      const flows = readFlowList(await response.json());
      if (flows === undefined) throw new Error("the answer is no list of flows");
      this.#flows = flows;
      this.#onList(flows);
      this.#draw(flows);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#say(
        `The router cannot be reached: ${reason}.\nTrying again.` +
          (this.#flows === undefined ? "" : " The list below is from before."),
      );
    }
    setTimeout(() => this.#refresh(), REFRESH);
  }

  #draw(flows: readonly FlowSummary[]): void {
    this.#say(
      flows.length > 0
        ? ""
        : `No flows yet.\nPost a message to ${this.#url.pathname}/{flowId}/events and it appears here.`,
    );
    arrange(part(this.#main, "flows"), flows.map((flow) => this.#card(flow)));
    document.title = "Flows · Headrace";
  }

  #card({ id, status, phase, nodes, updatedAt }: FlowSummary): HTMLElement {
    let card = this.#cards.get(id);
    if (card === undefined) this.#cards.set(id, card = clone("flow-card"));
    const link = part<HTMLAnchorElement>(card, "link");
    link.href = `?flow=${encodeURIComponent(id)}`;
    setPhase(link, phase);
    setText(part(card, "name"), id);
    setText(part(card, "status"), wordOf(status));
    setText(part(card, "nodes"), nodes === 1 ? "1 node" : `${nodes} nodes`);
    setText(
      part(card, "updated"),
      updatedAt === undefined ? "" : `${formatAgo(Date.now() - updatedAt)} ago`,
    );
    return card;
  }

  #say(text: string): void {
    setText(part(this.#main, "blank"), text);
  }
}
