import { subscribe, type Subscription } from "../../client/subscribe.ts";
import type { FlowNode } from "../../contracts/flow.ts";
import type { Hello } from "../../contracts/hello.ts";
import { deepEqual } from "./deep_equal.ts";

/** A viewer of a flow that remembers what it saw. Disposing it ends the subscription. */
export interface FlowHistory extends AsyncDisposable {
  readonly subscription: Subscription;
  /** Every version of a node that was shown, oldest first. */
  of(nodeId: string): readonly FlowNode[];
  /** How each stream began. */
  readonly hellos: readonly Hello[];
}

/** Follows a flow as a browser does. */
export function recordFlow(url: string, flowId: string): FlowHistory {
  const nodes = new Map<string, FlowNode[]>();
  const hellos: Hello[] = [];
  const subscription = subscribe({
    url,
    flowId,
    onHello: (hello) => hellos.push(hello),
    onMessage: (message) => {
      if (message.type !== "snapshot" && message.type !== "upsert-nodes") return;
      for (const node of message.nodes) {
        const seen = nodes.get(node.id) ?? [];
        if (!deepEqual(seen.at(-1), node)) nodes.set(node.id, [...seen, node]);
      }
    },
    // A router that is killed is what the tests are about; what counts is the state afterwards.
    onError: () => {},
  });
  return {
    subscription,
    of: (nodeId) => nodes.get(nodeId) ?? [],
    hellos,
    async [Symbol.asyncDispose]() {
      subscription.close();
      await subscription.closed;
    },
  };
}
