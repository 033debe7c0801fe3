/**
 * What the bench publishes. The load client finds markers in it (`~` and 24 digits) and overwrites
 * them with the number and the time of each message; `~` stands nowhere else.
 */
export const MARKER = "~" + "0".repeat(24);

/** Bytes of a message's JSON. */
export const MESSAGE_BYTES = 200;

/**
 * One FlowMessage of exactly {@linkcode MESSAGE_BYTES} bytes: a node that changed its status.
 *
 * @param node which of the flow's nodes, 0 to 99999
 */
export function nodeMessage(node: number): string {
  const message = (pad: string) =>
    JSON.stringify({
      type: "upsert-nodes",
      nodes: [{
        id: `hel1/app-${String(node).padStart(5, "0")}`,
        flowId: "bench",
        label: MARKER,
        status: "running",
        region: "hel1",
        family: "apps",
        meta: { state: pad },
      }],
    });
  return message("x".repeat(MESSAGE_BYTES - message("").length));
}

/** A batch of messages about different nodes, as one JSON array. */
export function jsonBatch(size: number): string {
  return `[${messages(size).join(",")}]`;
}

/** A batch of messages about different nodes, one a line. */
export function ndjsonBatch(size: number): string {
  return messages(size).map((message) => message + "\n").join("");
}

/** One message with many nodes: what a snapshot of them is made from. The last node has a marker. */
export function manyNodes(count: number): string {
  const nodes = Array.from({ length: count }, (_, node) => ({
    ...JSON.parse(nodeMessage(node)).nodes[0],
    label: node === count - 1 ? MARKER : `app-${node}`,
  }));
  return JSON.stringify({ type: "upsert-nodes", nodes });
}

function messages(size: number): string[] {
  return Array.from({ length: size }, (_, node) => nodeMessage(node));
}
