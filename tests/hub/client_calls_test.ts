import { createServer, type Http2Stream, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { credentials, Metadata } from "@grpc/grpc-js";
import { assert, assertEquals } from "@std/assert";
import { MAX_OUTSTANDING } from "../../hub/grpc/congestion.ts";
import { CHANNEL_OPTIONS } from "../../hub/grpc/services.ts";
import { WatchedClient } from "../../hub/grpc/watched_client.ts";

const FRAME = new Uint8Array(16 * 1024);
/** Turns after which nothing more is expected by itself. */
const STILL = 20;
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

Deno.test("a call whose other end does not read asks to wait, and goes on once that does", async () => {
  const opened = Promise.withResolvers<Http2Stream>();
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    (stream as ServerHttp2Stream).respond({
      ":status": 200,
      "content-type": "application/grpc+proto",
    });
    opened.resolve(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  let room = true;
  const client = new WatchedClient(
    `127.0.0.1:${port}`,
    credentials.createInsecure(),
    CHANNEL_OPTIONS,
    () => room = true,
  );
  const call = client.open(new Metadata());
  const ended = new Promise<void>((resolve) => call.on("status", () => resolve()));
  call.on("error", () => {});
  call.resume();
  const [stream] = await Promise.all([
    opened.promise,
    new Promise((resolve) => call.once("metadata", resolve)),
  ]);
  /** Writes while there is room, up to a limit. */
  const write = async (limit: number) => {
    let taken = 0;
    for (let still = 0; taken < limit && still < STILL;) {
      if (room) {
        still = 0;
        taken += FRAME.length;
        room = client.write(FRAME);
      } else {
        still++;
        await turn();
      }
    }
    return taken;
  };
  const held = await write(16 * MAX_OUTSTANDING);
  assert(!room, "somebody has to wait");
  assert(held <= 2 * MAX_OUTSTANDING, `${held} bytes were taken`);
  let got = 0;
  stream.on("data", (bytes: Uint8Array) => got += bytes.length);
  let more = 0;
  while (more < 4 * MAX_OUTSTANDING) more += await write(4 * MAX_OUTSTANDING - more);
  while (got < held + more) await turn();
  call.cancel();
  await ended;
  client.close();
  server.close();
  assertEquals(more, 4 * MAX_OUTSTANDING);
});
