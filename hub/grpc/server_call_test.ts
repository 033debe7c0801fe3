import { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { assertEquals } from "@std/assert";
import { ServerCall } from "./server_call.ts";

/** As much of a stream of node:http2 as a call that writes needs. */
class Sink extends EventEmitter {
  headersSent = true;
  respond(): void {}
  write(): boolean {
    return true;
  }
  resume(): void {}
}

Deno.test("a writer that was asked to wait is told to go on, though something small was written since", async () => {
  const limits = { maxMessageBytes: 1_000_000, endTimeout: 1_000 };
  const client = { names: undefined, address: "" };
  const call = new ServerCall(new Sink() as unknown as ServerHttp2Stream, {}, client, limits);
  let drained = 0;
  call.accept({}, { message() {}, drained: () => drained++, ended() {}, closed() {} });
  assertEquals(call.write(new Uint8Array(100_000)), false);
  await Promise.resolve();
  // The client's window took most of it; a sign of life goes on top while the rest is stuck.
  call.sent(62_000);
  assertEquals([call.write(new Uint8Array(10)), drained], [false, 0]);
  await Promise.resolve();
  call.sent(38_000);
  assertEquals(drained, 1);
});
