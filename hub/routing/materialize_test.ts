import { assertEquals } from "@std/assert";
import { ExpressionEngine } from "../expression/engine.ts";
import { parse } from "../../contracts/transport/parse.ts";
import { type StepRun, stepRunSchema } from "../../contracts/transport/runs.ts";
import type { StepStarter } from "../primitives/step_starter.ts";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataPacket } from "../proto/messages.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { MemoryHub, packetFrame, settle, storyText } from "../server/testing/memory_hub.ts";
import { PacketRouter } from "./packet_router.ts";

const STEPS = [
  { name: "a" },
  { name: "b", needs: ["a"], runtime: { text: "{{ upper steps.a.doc }}" } },
  { name: "c", needs: ["a"] },
];
const STORED = { doc: { $bubuStorageRef: "s3://docs/1" } };

function memoryHub(materializer?: string, start: StepStarter["start"] = () => Promise.resolve()) {
  const started: StepRun[] = [];
  const steps: StepStarter = {
    start: (run) => start(run).then(() => void started.push(run)),
    finished: () => new Promise(() => {}),
  };
  const memory = new MemoryHub(storyText(STEPS), {
    router: new PacketRouter({
      engine: new ExpressionEngine({ now: () => 0, random: () => 0 }),
      now: () => 0,
      wait: () => Promise.resolve(),
      steps,
      ...materializer === undefined ? {} : { materializer },
    }),
  });
  return { memory, started };
}

async function turns() {
  for (let turn = 0; turn < 5; turn++) await settle();
}

const inputsFrame = (inputs: JsonObject) => {
  const body = encode(DataPacket, {
    metadata: { "materialize-next-step": "b", "bubu.envelope.message_id": "m1" },
    inputs: jsonToStruct(inputs),
    payload: jsonToStruct({ doc: "kept" }),
  });
  return writeFrame({ body }, new WireWriter());
};

Deno.test("a block that reads stored data has them fetched first, by one materialiser of its step", async () => {
  const { memory, started } = memoryHub("bubu-materialize");
  const a = await memory.open("a");
  const c = await memory.open("c");
  a.session.receive(packetFrame(STORED));
  a.session.receive(packetFrame(STORED));
  await turns();
  assertEquals(c.wire.payloads, [STORED, STORED]);
  assertEquals(started.map((run) => parse(stepRunSchema, run, "run")), [{
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StepRun",
    metadata: {
      name: "voice-1-materialize-b",
      namespace: "demo",
      labels: {
        "bubustack.io/storyrun": "voice-1",
        "bubustack.io/story-name": "voice",
        "bubustack.io/materialize": "true",
      },
      annotations: {
        "bubustack.io/materialize-purpose": "runtime",
        "bubustack.io/materialize-target-step": "b",
        "bubustack.io/materialize-mode": "deployment",
      },
    },
    spec: {
      storyRunRef: { name: "voice-1" },
      stepId: "materialize-b",
      engramRef: { name: "bubu-materialize" },
    },
  }]);
  const materializer = await memory.open("materialize-b");
  await turns();
  const [asked] = materializer.wire.messages.map(({ packet }) => packet?.decoded());
  assertEquals(asked?.metadata?.["materialize-next-step"], "b");
  const request = structToJson(asked?.inputs ?? new Uint8Array());
  assertEquals(request["mode"], "object");
  assertEquals(request["template"], STEPS[1]?.runtime);
  assertEquals((request["vars"] as JsonObject)["inputs"], { style: "warm" });

  const b = await memory.open("b");
  materializer.session.receive(inputsFrame({ result: { text: "HI" } }));
  await turns();
  const [got] = b.wire.messages.map(({ packet }) => packet?.decoded());
  assertEquals(structToJson(got?.inputs ?? new Uint8Array()), { text: "HI" });
  assertEquals(got?.metadata?.["current-step-id"], "b");
  assertEquals(got?.metadata?.["materialize-next-step"], undefined);
});

Deno.test("an answer without inputs, and a materialiser that cannot be started, are dead letters", async () => {
  let fails = true;
  const { memory, started } = memoryHub(
    "bubu-materialize",
    () => fails ? Promise.reject(new Error("Forbidden")) : Promise.resolve(),
  );
  const a = await memory.open("a");
  a.session.receive(packetFrame(STORED));
  await turns();
  fails = false;
  a.session.receive(packetFrame(STORED));
  await turns();
  assertEquals(started.length, 1);
  const materializer = await memory.open("materialize-b");
  materializer.session.receive(inputsFrame({ result: "text" }));
  await turns();
  assertEquals(memory.hub.deadLetters.map(({ step, error }) => `${step}: ${error}`), [
    "materialize-b: Forbidden",
    "materialize-b: the materialiser's result is no object",
  ]);
  assertEquals(a.wire.ended, undefined);
});

Deno.test("unless the hub is told to fetch stored data, a block that reads them is a dead letter", async () => {
  const { memory, started } = memoryHub();
  const a = await memory.open("a");
  a.session.receive(packetFrame(STORED));
  await turns();
  assertEquals(started, []);
  assertEquals(memory.hub.deadLetters.map(({ step, error }) => `${step}: ${error}`), [
    'b: expression reads the stored output of step "a"',
  ]);
});
