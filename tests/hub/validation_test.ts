import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { announcedCapabilities } from "../../hub/connector/capabilities.ts";
import { answerControl, greeting, handoff } from "../../hub/connector/control.ts";
import { check } from "../../hub/proto/check.ts";
import { encode } from "../../hub/proto/codec.ts";
import type { MessageType } from "../../hub/proto/message_type.ts";
import {
  ControlRequest,
  ControlResponse,
  DataMessage,
  DataPacket,
  FlowControl,
} from "../../hub/proto/messages.ts";
import { WireError } from "../../hub/proto/wire_error.ts";
import { findClients } from "../tools/clients/clients.ts";
import { arbitraryMessage } from "./testing/arbitrary_message.ts";
import { LineProcess, type Said } from "./testing/line_process.ts";

const { go } = await findClients();

/** Why the original's Go refuses each of these messages; empty when it does not. */
async function refusals(name: string, messages: readonly Uint8Array[]): Promise<string[]> {
  await using program = new LineProcess<Said & { readonly refused: string }>(go);
  for (const bytes of messages) {
    await program.order({ validate: name, hex: Buffer.from(bytes).toString("hex") });
  }
  await program.until(() => program.events.length === messages.length);
  return program.events.map(({ refused }) => refused);
}

function ourRefusal(type: MessageType<unknown>, bytes: Uint8Array): string {
  try {
    check(type, bytes);
    return "";
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}

for (
  const [name, type] of Object.entries({
    DataPacket,
    DataRequest: DataMessage,
    DataResponse: DataMessage,
    FlowControl,
    ControlRequest,
    ControlResponse,
  })
) {
  Deno.test(`the original's Go and we refuse the same messages: ${name}`, async () => {
    const seed = Date.now();
    const messages = fc.sample(arbitraryMessage(type), { numRuns: 500, seed })
      .map((message) => encode<object>(type, message));
    const theirs = await refusals(name, messages);
    let refused = 0;
    for (const [index, bytes] of messages.entries()) {
      const ours = ourRefusal(type, bytes);
      const why = `seed ${seed}, message ${index}: Go says "${theirs[index]}", we "${ours}"`;
      assertEquals(ours === "", theirs[index] === "", why);
      if (ours !== "") refused++;
    }
    assert(refused > 10 && refused < 480, `${refused} of 500 were refused`);
  });
}

Deno.test("what a connector says on Control is nothing that the original's Go refuses", async () => {
  const word = fc.string({ unit: "grapheme", maxLength: 64 });
  const binding = fc.record({
    transportRef: word,
    driver: word,
    endpoint: word,
    audioCodecs: fc.array(word, { maxLength: 3 }),
    videoCodecs: fc.array(word, { maxLength: 3 }),
    binaryTypes: fc.array(fc.string({ unit: "grapheme", maxLength: 255 }), { maxLength: 3 }),
    protocolVersion: fc.constant("1.0.0"),
    settings: fc.constant(undefined),
  });
  const reason = fc.string({ unit: "binary", maxLength: 2_000 });
  const phase = fc.constantFrom("draining" as const, "cutover" as const, "ready" as const);
  const said = fc.tuple(
    binding.map((info) => greeting(announcedCapabilities(info))),
    fc.tuple(phase, reason).map(([which, why]) => handoff(which, why, Date.now())),
    // Whatever it is asked, within the rules: its answer may repeat it.
    arbitraryMessage(ControlRequest).map((request) =>
      answerControl({ gate: () => {}, receipt: () => false }, request)
    ),
  ).map(([first, second, third]) => [...first, second, ...(third === undefined ? [] : [third])]);
  const seed = Date.now();
  const messages = fc.sample(said, { numRuns: 300, seed }).flat();
  const answers = messages.map((message) => encode(ControlResponse, message));
  const refused = await refusals("ControlResponse", answers);
  const wrong = refused.flatMap((why, index) => why === "" ? [] : [{ why, what: messages[index] }]);
  assertEquals(wrong.slice(0, 1), [], `seed ${seed}`);
  assert(answers.length > 600, String(answers.length));
});
