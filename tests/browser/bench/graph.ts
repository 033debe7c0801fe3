import type { FlowMessage, FlowNode, Relationship } from "../../../contracts/flow.ts";

export const FLOW = "many";
export const REGIONS = 4;

const STATUSES = ["pending", "running", "succeeded"];

/** Messages take so many objects each. */
const BATCH = 1_000;

/** A made-up rollout over four regions, the same in every run. */
export class BenchGraph {
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
  #seed = 7;

  /** @param count nodes; there are half as many edges again, all of them forward */
  constructor(count: number) {
    this.nodes = Array.from({ length: count }, (_, at) => this.#node(at));
    this.relationships = Array.from({ length: count * 1.5 }, () => {
      const from = this.#pick(count - 400);
      const to = from + REGIONS * (1 + this.#pick(99));
      return { fromId: `n${from}`, toId: `n${to}`, type: "finish-to-start" as const };
    });
  }

  *messages(): Generator<FlowMessage> {
    for (let at = 0; at < this.nodes.length; at += BATCH) {
      yield { type: "upsert-nodes", nodes: this.nodes.slice(at, at + BATCH) };
    }
    for (let at = 0; at < this.relationships.length; at += BATCH) {
      yield { type: "upsert-rels", relationships: this.relationships.slice(at, at + BATCH) };
    }
  }

  /** A node that has another status than it may have had. */
  update(): FlowMessage {
    return { type: "upsert-nodes", nodes: [this.#node(this.#pick(this.nodes.length))] };
  }

  #node(at: number): FlowNode {
    return {
      id: `n${at}`,
      flowId: FLOW,
      label: `release-${at}`,
      status: STATUSES[this.#pick(STATUSES.length)] ?? "",
      region: `region-${at % REGIONS}`,
    };
  }

  /** Park and Miller 1988: the same numbers everywhere. */
  #pick(count: number): number {
    this.#seed = this.#seed * 16_807 % 2_147_483_647;
    return Math.floor(this.#seed / 2_147_483_647 * count);
  }
}
