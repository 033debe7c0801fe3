import { assert, assertEquals } from "@std/assert";
import type { FlowNode, Snapshot } from "../../contracts/flow.ts";
import { waitFor } from "../cluster/wait_for.ts";

/** What a person would say of a release who reads `flux get hr` and `kubectl describe`. */
export interface Said {
  /** `failed stalled`; `gone` when there is nothing to say. */
  readonly is: string;
  /** Reason of the condition that tells. */
  readonly reason?: string;
  /** What the message must mention. */
  readonly message?: readonly string[];
  /** Releases that it waits for. */
  readonly blockedBy?: readonly string[];
}

/** Reads a flow of a router; empty while there is none. */
export async function readFlow(url: string, flowId: string, token?: string): Promise<Snapshot> {
  const response = await fetch(`${url}/v1/flows/${flowId}/snapshot`, {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
  if (response.ok) return await response.json();
  await response.body?.cancel();
  const flow = { id: flowId, status: "pending", startedAt: 0 };
  return { type: "snapshot", flow, nodes: [], relationships: [] };
}

/** Waits until all releases of a region are what is said of them, then looks at the details. */
export async function shows(
  read: () => Promise<Snapshot>,
  region: string,
  said: Readonly<Record<string, Said>>,
): Promise<ReadonlyMap<string, FlowNode>> {
  let wrong: string[] = [];
  const nodes = await waitFor("every release to be what it is", async () => {
    const byId = new Map((await read()).nodes.map((node) => [node.id, node]));
    wrong = Object.entries(said).flatMap(([name, { is }]) => {
      const shown = wordsOf(byId.get(`${region}/${name}`));
      return shown === is ? [] : [`${name} is ${shown}, not ${is}`];
    });
    return wrong.length === 0 && byId;
  }, { within: 90_000, every: 100, describe: () => wrong.join("; ") });
  for (const [name, { reason, message = [], blockedBy = [] }] of Object.entries(said)) {
    const { meta } = nodes.get(`${region}/${name}`) ?? {};
    if (reason !== undefined) assertEquals(meta?.["reason"], reason, name);
    const text = String(meta?.["message"]);
    for (const words of message) assert(text.includes(words), `${name}: ${text}`);
    const waitsFor = blockedBy.map((other) => `${region}/${other}`);
    assertEquals(meta?.["blockedBy"] ?? [], waitsFor, name);
  }
  return nodes;
}

function wordsOf(node: FlowNode | undefined): string {
  return node === undefined ? "gone" : `${node.status} ${node.meta?.["state"]}`;
}
