import { Buffer } from "node:buffer";
import * as http2 from "node:http2";
import { assert, assertEquals } from "@std/assert";
import { CallMetrics } from "../../hub/grpc/call_metrics.ts";
import { Deframer } from "../../hub/grpc/deframer.ts";
import { MAX_OUTSTANDING } from "../../hub/grpc/congestion.ts";
import { GrpcServer } from "../../hub/grpc/grpc_server.ts";
import { Relay } from "../../hub/grpc/relay.ts";
import type { ServerCall } from "../../hub/grpc/server_call.ts";
import { HUB_SERVICE } from "../../hub/grpc/services.ts";
import type { Identity } from "../../hub/tls/certificate_files.ts";
import { createAuthority } from "../cluster/x509.ts";

const SIZE = 16 * 1024;
/** Many times of what may be under way. */
const COUNT = 2_000;
/** Beside what a hub lets a connection hold: the windows of HTTP/2 and what sockets take. */
const UNDER_WAY = MAX_OUTSTANDING + 3 * 1024 * 1024;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function message(n: number): Buffer {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUInt32BE(n);
  return bytes;
}
const numberOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
const upToCount = Array.from({ length: COUNT }, (_, n) => n);

/** Waits until a number has not changed for a while. */
async function settled(read: () => number): Promise<number> {
  for (let before = NaN; before !== read();) {
    before = read();
    await pause(400);
  }
  return read();
}

interface Chain extends AsyncDisposable {
  /** The client's stream, to the hub that is not the owner. */
  readonly stream: http2.ClientHttp2Stream;
  readonly session: http2.ClientHttp2Session;
  /** The same call, where the owner has it. */
  readonly call: ServerCall;
  readonly relay: Relay;
}

/** A client, a hub that passes its stream on, and the owner, which answers with `handlers`. */
async function chain(
  handlers: { message?(bytes: Uint8Array): void; drained?(): void },
): Promise<Chain> {
  const authority = createAuthority("Headrace relay");
  const identity: Identity = {
    ...authority.issue({ commonName: "hub", usage: "peer", dnsNames: ["localhost"] }),
    authority: authority.certificate,
  };
  const opened = Promise.withResolvers<ServerCall>();
  const serve = (identity: Identity | undefined, answer: (call: ServerCall) => void) =>
    new GrpcServer({
      identity,
      methods: { [HUB_SERVICE.Process.path]: answer },
      limits: { maxMessageBytes: 1 << 20, endTimeout: 1_000 },
      maxStreams: 10,
      maxConnections: 10,
      keepAlive: { interval: 30_000, timeout: 20_000 },
      calls: new CallMetrics(() => 0),
      onSilent() {},
    });
  const owner = serve(identity, (call) => {
    call.accept({}, { message() {}, drained() {}, ended() {}, closed() {}, ...handlers });
    opened.resolve(call);
  });
  const address = { hostname: "127.0.0.1", port: 0 };
  const ownerPort = await owner.listen(address);
  const relay = new Relay({ identity: () => identity, self: "hub-1", maxStreams: 10 });
  const other = serve(undefined, (call) => relay.pass(call, `localhost:${ownerPort}`));
  const session = http2.connect(`http://127.0.0.1:${await other.listen(address)}`);
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": HUB_SERVICE.Process.path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  return {
    stream,
    session,
    relay,
    call: await opened.promise,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await Promise.all([other.close(), owner.close()]);
    },
  };
}

Deno.test("a client that does not read holds the owner of its run through the hub between, and gets everything after", async () => {
  let sent = 0;
  const send = () => {
    while (sent < COUNT && test.call.write(message(sent++)));
  };
  await using test = await chain({ drained: () => send() });
  test.stream.pause();
  send();
  const waiting = await settled(() => sent);
  assert(waiting < COUNT, "the owner is held");
  assert(waiting * SIZE < UNDER_WAY, `${waiting * SIZE} bytes are under way`);
  const got: number[] = [];
  const deframer = new Deframer(1 << 20, (bytes) => got.push(numberOf(bytes)));
  test.stream.on("data", (chunk: Uint8Array) => deframer.push(chunk));
  test.stream.resume();
  while (got.length < COUNT) await pause(10);
  assertEquals(got, upToCount);
});

Deno.test("an owner that does not read holds the client through the hub between, and gets everything after", async () => {
  const got: number[] = [];
  await using test = await chain({ message: (bytes) => got.push(numberOf(bytes)) });
  test.call.pause();
  for (let n = 0; n < COUNT; n++) {
    const frame = Buffer.alloc(5 + SIZE);
    frame.writeUInt32BE(SIZE, 1);
    message(n).copy(frame, 5);
    test.stream.write(frame);
  }
  const left = await settled(() => test.session.socket.bytesWritten);
  assert(left < COUNT * SIZE / 2, `${left} bytes have left the client`);
  assert(left < UNDER_WAY, `${left} bytes are under way`);
  test.call.resume();
  while (got.length < COUNT) await pause(10);
  assertEquals(got, upToCount);
});
