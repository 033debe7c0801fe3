import { assertEquals } from "@std/assert";
import { ControlAction } from "../proto/messages.ts";
import { answerControl, greeting } from "./control.ts";

function ask(request: Parameters<typeof answerControl>[1]) {
  const calls: unknown[] = [];
  const answer = answerControl({
    gate: (...args) => calls.push(args),
    receipt: (envelope) => calls.push(envelope) > 0,
  }, request);
  return { calls, metadata: answer?.metadata };
}

Deno.test("ready comes first, and says whether capabilities follow", () => {
  assertEquals(greeting({}), [
    { action: ControlAction.connectorReady, metadata: { "startup.capabilities": "none" } },
  ]);
  assertEquals(greeting({ audio: { name: "opus" }, binary: "text/plain" }), [
    { action: ControlAction.connectorReady, metadata: { "startup.capabilities": "required" } },
    {
      action: ControlAction.connectorCapabilities,
      metadata: { "audio.codec": "opus", "binary.mime": "text/plain" },
    },
  ]);
});

Deno.test("directions open and close as ordered, and every order has an answer", () => {
  assertEquals(ask({ action: ControlAction.stopUpstream }), {
    calls: [["upstream", false]],
    metadata: { received: "stopUpstream", handled: "true" },
  });
  assertEquals(ask({ customAction: "resume" }).calls, [["upstream", true], ["downstream", true]]);
  assertEquals(ask({ action: ControlAction.heartbeat }).metadata?.handled, "true");
  assertEquals(ask({ action: ControlAction.codecSelect }).metadata, {
    received: "codecSelect",
    handled: "false",
    message: "codec selection not implemented",
  });
  assertEquals(ask({ customAction: "dance" }).metadata, { received: "dance", handled: "false" });
});

Deno.test("a receipt is passed on; acknowledgements and errors are not answered", () => {
  const metadata = { stream_id: "s", sequence: "7", partition: "p", size_bytes: "12" };
  assertEquals(ask({ customAction: "downstream.delivered", metadata }), {
    calls: [{ streamId: "s", partition: "p", sequence: 7 }],
    metadata: undefined,
  });
  const broken = { customAction: "downstream.delivered", metadata: { sequence: "x" } };
  assertEquals(ask(broken), { calls: [], metadata: undefined });
  for (const action of [ControlAction.ack, ControlAction.error]) {
    assertEquals(ask({ action }), { calls: [], metadata: undefined });
  }
});
