import type { Page } from "playwright-core";
import type { Snapshot } from "../../contracts/flow.ts";
import { phaseOf } from "../../server/ui/view/phase.ts";

/** What the map says of each node, as a screen reader finds it: phase by id. */
export async function readMirror(page: Page): Promise<Record<string, string>> {
  return Object.fromEntries(
    await page.locator("flow-canvas [data-node]").evaluateAll((buttons) =>
      buttons.map((button): [string, string] => [
        button.getAttribute("data-node") ?? "",
        button.getAttribute("data-phase") ?? "",
      ])
    ),
  );
}

/** What the map has to say of a flow: a node that stands for its region is a lane. */
export function mirrorOf({ nodes }: Snapshot): Record<string, string> {
  return Object.fromEntries(
    nodes.filter(({ family }) => family !== "region").map((
      { id, status },
    ) => [id, phaseOf(status)]),
  );
}

/** The router's own word on a flow. */
export async function snapshotOf(router: string, flowId: string): Promise<Snapshot> {
  const url = new URL(`v1/flows/${encodeURIComponent(flowId)}/snapshot`, router);
  return await (await fetch(url)).json();
}
