import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage, FlowNode, Relationship } from "../contracts/flow.ts";
import { emptyFlowState, foldInto, snapshotOf } from "../contracts/fold.ts";
import { MAX_BYTES } from "./outbox_batch.ts";
import { ownedBy } from "./outbox_diff.ts";
import type { FlowPart } from "./outbox_part.ts";
import type { Fault } from "./testing/memory_router.ts";
import {
  edge,
  FLOW_ID,
  inWorld,
  joinRoots,
  node,
  ownershipOf,
  part,
  type World,
} from "./testing/outbox_world.ts";

const REGIONS = ["fsn1", "hel1"] as const;
type Region = typeof REGIONS[number];

/** One thing that happens to the emitters, their router or the network between them. */
type Action =
  | { readonly type: "set"; readonly region: Region; readonly part: FlowPart }
  | { readonly type: "elapse"; readonly milliseconds: number }
  | { readonly type: "fault"; readonly fault: Fault }
  | { readonly type: "down"; readonly milliseconds: number }
  | { readonly type: "restart" | "delete" | "release-late" }
  | { readonly type: "foreign"; readonly message: FlowMessage }
  | { readonly type: "reborn"; readonly region: Region };

const region = fc.constantFrom(...REGIONS);
const status = fc.constantFrom("pending", "running", "succeeded", "failed");
const leaf = fc.constantFrom("a", "b", "c", "d");

/** A region node, some leaves, and edges between nodes that need not exist. */
const parts = (region: Region): fc.Arbitrary<FlowPart> =>
  fc.record({
    root: status,
    leaves: fc.dictionary(leaf, status, { maxKeys: 4, noNullPrototype: true }),
    edges: fc.uniqueArray(fc.tuple(leaf, leaf), { maxLength: 4, selector: String }),
  }).map(({ root, leaves, edges }) =>
    part(
      [
        node(region, root),
        ...Object.entries(leaves).map(([name, status]) => node(`${region}/${name}`, status)),
      ],
      edges.map(([from, to]) => edge(`${region}/${from}`, `${region}/${to}`)),
    )
  );

const anyId = fc.tuple(region, leaf).map(([region, leaf]) => `${region}/${leaf}`);
const nodes: fc.Arbitrary<FlowNode[]> = fc.array(
  fc.tuple(fc.oneof(anyId, fc.constant("other/x")), status).map(([id, status]) => node(id, status)),
  { minLength: 1, maxLength: 3 },
);
const edges: fc.Arbitrary<Relationship[]> = fc.array(
  fc.tuple(anyId, anyId).map(([from, to]) => edge(from, to)),
  { minLength: 1, maxLength: 3 },
);
const flow = status.map((status) => ({ id: FLOW_ID, status, startedAt: 7 }));

const foreign: fc.Arbitrary<FlowMessage> = fc.oneof(
  fc.tuple(flow, nodes).map(([flow, nodes]) => ({
    type: "snapshot" as const,
    flow,
    nodes,
    relationships: [],
  })),
  flow.map((flow) => ({ type: "upsert-flow" as const, flow })),
  nodes.map((nodes) => ({ type: "upsert-nodes" as const, nodes })),
  edges.map((relationships) => ({ type: "upsert-rels" as const, relationships })),
  nodes.map((nodes) => ({ type: "delete-nodes" as const, ids: nodes.map(({ id }) => id) })),
  edges.map((pairs) => ({ type: "delete-rels" as const, pairs })),
);

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom<Fault[]>(
    { type: "cut" },
    { type: "lost-answer" },
    { type: "error-after" },
    { type: "late" },
    { type: "refuse", status: 429, retryAfter: "3" },
  ),
  fc.constantFrom(400, 403, 404, 408, 413, 500, 503)
    .map((status) => ({ type: "refuse" as const, status })),
);

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: region.chain((region) =>
      fc.record({
        type: fc.constant("set" as const),
        region: fc.constant(region),
        part: parts(region),
      })
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("elapse" as const),
      milliseconds: fc.oneof(fc.nat(300), fc.nat(20_000)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("fault" as const), fault: faults }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("foreign" as const), message: foreign }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom("restart" as const, "delete" as const, "release-late" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("down" as const),
      milliseconds: fc.nat(90_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reborn" as const), region }) },
);

async function play(world: World, script: readonly Action[]): Promise<Map<Region, FlowPart>> {
  const { router, elapse, start } = world;
  const options = { flowRule: joinRoots };
  const running = new Map(REGIONS.map((region) => [region, start(region, options)]));
  const desired = new Map<Region, FlowPart>();
  const set = (region: Region, part: FlowPart) => {
    desired.set(region, part);
    running.get(region)?.outbox.set(part);
  };
  for (const region of REGIONS) set(region, part([node(region)]));
  for (const action of script) {
    switch (action.type) {
      case "set":
        set(action.region, action.part);
        break;
      case "elapse":
        await elapse(action.milliseconds);
        break;
      case "fault":
        router.faults.push(action.fault);
        break;
      case "down":
        router.isDown = true;
        await elapse(action.milliseconds);
        router.isDown = false;
        break;
      case "restart":
        router.restart();
        break;
      case "delete":
        router.delete();
        break;
      case "release-late":
        router.releaseLate();
        break;
      case "foreign":
        router.publish(action.message);
        break;
      case "reborn":
        await running.get(action.region)?.stop();
        running.set(action.region, start(action.region, options));
        set(action.region, desired.get(action.region) ?? part([]));
        break;
    }
  }
  router.faults.length = 0;
  router.releaseLate();
  // Past the slowest retry after a refusal, and the slowest look at what is there.
  await elapse(60_000 + 2 * 37_500);
  return desired;
}

for (const isOriginal of [false, true]) {
  const name = isOriginal ? "the original router" : "a router";
  Deno.test(`whatever happens, ${name} ends with what both emitters want`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(actions, { maxLength: 25 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (script, randoms) =>
          inWorld(async (world) => {
            const desired = await play(world, script);
            const { router } = world;
            for (const [region, { nodes, relationships }] of desired) {
              const want = emptyFlowState(FLOW_ID);
              foldInto(want, {
                type: "snapshot",
                flow: want.flow,
                nodes: [...nodes],
                relationships: [...relationships],
              });
              const have = ownedBy(ownershipOf(region), router.state);
              assertEquals(snapshotOf(have).nodes, snapshotOf(want).nodes);
              assertEquals(snapshotOf(have).relationships, snapshotOf(want).relationships);
            }
            const roots = REGIONS.map((region) =>
              `${region}=${desired.get(region)?.nodes[0]?.status}`
            );
            assertEquals(router.state.flow.status, roots.join());
            for (const { client, messages, bytes } of router.posts) {
              assert(bytes <= MAX_BYTES);
              for (const message of messages) assertOwn(client, message);
            }
            assertEquals(router.mostAtOnce, 1);
          }, { isOriginal, random: () => randoms.next().value }),
      ),
      { numRuns: isOriginal ? 100 : 200 },
    );
  });
}

/** An emitter posts nothing but its own nodes, edges between them and the flow object. */
function assertOwn(region: string, message: FlowMessage): void {
  const owns = ownershipOf(region);
  switch (message.type) {
    case "snapshot":
      throw new Error("an emitter posted a snapshot");
    case "upsert-flow":
      return;
    case "upsert-nodes":
      return assert(message.nodes.every(owns.node));
    case "delete-nodes":
      return assert(message.ids.every((id) => owns.node(node(id))));
    case "upsert-rels":
      return assert(message.relationships.every(owns.relationship));
    case "delete-rels":
      return assert(message.pairs.every((pair) => owns.relationship(pair)));
  }
}
