import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { resolvePolicies } from "../../contracts/transport/policies.ts";
import { Outbound, type Parcel } from "./outbound.ts";
import { SendWindow } from "./send_window.ts";

const FLOW = {
  mode: "window" as const,
  initialCredits: { messages: 3, bytes: 100 },
};
const policies = resolvePolicies({ flowControl: FLOW, delivery: { ordering: "per_stream" } });
const parcel = (size: number): Parcel => ({
  body: new Uint8Array(size),
  size,
  kind: "payload",
  at: 0,
  partition: "",
});

Deno.test("a window is as wide in bytes as in messages; what is larger than it goes alone", () => {
  const window = new SendWindow(policies.flow);
  window.sent("", 1, 60);
  assertEquals([40, 41].map((size) => window.admits("", size)), [true, false]);
  assert(window.admits("another partition", 100));
  window.acknowledged("", 1);
  assert(window.admits("", 1_000));
  for (const sequence of [2, 3, 4]) window.sent("", sequence, 1);
  assertEquals(window.admits("", 1), false);
});

Deno.test("a connection that dies with a full window does not stop the next one", () => {
  const outbound = new Outbound("s@1", policies);
  outbound.connect();
  for (let n = 0; n < 9; n++) outbound.offer(parcel(10));
  const sent = () => {
    let count = 0;
    while (outbound.next(0) !== undefined) count++;
    return count;
  };
  assertEquals([sent(), sent()], [3, 0]);
  outbound.disconnect();
  outbound.connect();
  assertEquals(sent(), 3);
  outbound.flow({ ack: 5 });
  assertEquals(sent(), 2);
});

Deno.test("whatever is sent and acknowledged, the window is never overrun nor stuck when empty", () => {
  const events = fc.array(fc.record({ size: fc.integer({ min: 1, max: 150 }), ack: fc.boolean() }));
  fc.assert(fc.property(events, (script) => {
    const window = new SendWindow(policies.flow);
    const sizes: number[] = [];
    let acked = 0;
    for (const { size, ack } of script) {
      if (ack && acked < sizes.length) window.acknowledged("", ++acked);
      const inFlight = sizes.slice(acked);
      const bytes = inFlight.reduce((sum, one) => sum + one, 0);
      const expected = inFlight.length === 0 || inFlight.length < 3 && bytes + size <= 100;
      assertEquals(window.admits("", size), expected);
      if (expected) window.sent("", sizes.push(size), size);
    }
  }));
});
