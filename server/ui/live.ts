/**
 * The page's program: `?flow=<id>` follows that flow, `?flows` or nothing lists them. On any other
 * page it makes `<flow-canvas>` known and does nothing else; in a worker it makes layouts.
 */
import { defineFlowCanvas } from "./canvas/flow_canvas.ts";
import { serveLayouts } from "./canvas/layouter.ts";
import { FlowPage } from "./dom/flow_page.ts";
import { ListPage } from "./dom/list_page.ts";
import { find } from "./dom/parts.ts";

if (typeof document === "undefined") serveLayouts();
else {
  defineFlowCanvas();
  if (document.getElementById("flow-page") !== null) open();
}

function open(): void {
  const main = find(document, "#content");
  // The page stands beside the API, also behind a gateway's path prefix.
  const router = new URL(".", location.href);
  const query = new URLSearchParams(location.search);
  const flowId = query.get("flow");

  if (flowId !== null && flowId !== "") new FlowPage(main, router, flowId);
  else {
    new ListPage(main, router, (flowIds) => {
      const [only] = flowIds;
      // Whoever asks for the list gets it; whoever asks for nothing wants to see what is going on.
      if (only === undefined || flowIds.length > 1 || query.has("flows")) return;
      location.replace(`?flow=${encodeURIComponent(only)}`);
    });
  }
}
