import { Buffer } from "node:buffer";
import * as http2 from "node:http2";
import * as net from "node:net";
import { gzipSync } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { Code } from "../server/refusal.ts";
import { CallMetrics } from "./call_metrics.ts";
import { Deframer } from "./deframer.ts";
import { GrpcServer, type GrpcServerOptions } from "./grpc_server.ts";
import type { CallHandlers, ServerCall } from "./server_call.ts";

const ECHO = "/test/Echo";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Answers each message with itself, and is done when the client is. */
function echo(call: ServerCall): void {
  call.accept({}, {
    message: (message) => void call.write(message),
    drained() {},
    ended: () => call.end(Code.ok, ""),
    closed() {},
  });
}

/** Handlers that do nothing but what a test gives them. */
const handlers = (some: Partial<CallHandlers>): CallHandlers => ({
  message() {},
  drained() {},
  ended() {},
  closed() {},
  ...some,
});

interface Test extends AsyncDisposable {
  readonly session: http2.ClientHttp2Session;
  readonly port: number;
  readonly server: GrpcServer;
}

/** A server without TLS, and a connection to it. */
async function start(
  method: (call: ServerCall) => void,
  options: Partial<GrpcServerOptions> = {},
): Promise<Test> {
  const server = new GrpcServer({
    identity: undefined,
    methods: { [ECHO]: method },
    limits: { maxMessageBytes: 1 << 20, endTimeout: 5_000 },
    maxStreams: 100,
    maxConnections: 100,
    keepAlive: { interval: 30_000, timeout: 10_000 },
    calls: new CallMetrics(() => 0),
    onSilent() {},
    ...options,
  });
  const port = await server.listen({ hostname: "127.0.0.1", port: 0 });
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  return {
    session,
    port,
    server,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await server.close();
    },
  };
}

/** What a client sees of one call. */
class Call {
  readonly messages: string[] = [];
  headers: http2.IncomingHttpHeaders = {};
  /** The status, of the trailers or of an answer that has nothing else. */
  readonly status: Promise<{ code: number; message: string }>;
  readonly closed: Promise<void>;
  readonly stream: http2.ClientHttp2Stream;

  constructor(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders = {}) {
    this.stream = session.request({
      ":method": "POST",
      ":path": ECHO,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const status = Promise.withResolvers<{ code: number; message: string }>();
    this.status = status.promise;
    const read = (headers: http2.IncomingHttpHeaders) => {
      if (headers["grpc-status"] === undefined) return;
      const message = decodeURIComponent(String(headers["grpc-message"] ?? ""));
      status.resolve({ code: Number(headers["grpc-status"]), message });
    };
    const deframer = new Deframer(1 << 30, (message) => this.messages.push(text(message)));
    this.stream.on("response", (headers) => {
      this.headers = headers;
      read(headers);
    });
    this.stream.on("trailers", read);
    this.stream.on("data", (chunk: Uint8Array) => deframer.push(chunk));
    this.stream.on("error", () => {});
    this.closed = new Promise((resolve) => this.stream.on("close", () => resolve()));
  }
}

Deno.test("messages are answered in order, then a status, however many there are", async () => {
  await using test = await start(echo);
  const call = new Call(test.session);
  const sent = Array.from({ length: 5_000 }, (_, n) => `message ${n}`);
  for (const message of sent) call.stream.write(framed(bytes(message)));
  call.stream.end();
  assertEquals(await call.status, { code: 0, message: "" });
  assertEquals(call.messages, sent);
});

Deno.test("messages of one turn leave in one piece", async () => {
  await using test = await start((call) => {
    call.accept({}, handlers({}));
    for (let n = 0; n < 100; n++) call.write(bytes(`${n}`));
    call.end(Code.ok, "");
  });
  const call = new Call(test.session);
  let chunks = 0;
  call.stream.on("data", () => chunks++);
  await call.status;
  assertEquals(call.messages.length, 100);
  assertEquals(chunks, 1);
});

Deno.test("what a writer does with its bytes after is not sent", async () => {
  await using test = await start((call) => {
    call.accept({}, handlers({}));
    const frame = bytes("first");
    call.write(frame);
    frame.set(bytes("later"));
    call.write(frame);
    call.end(Code.ok, "");
  });
  const call = new Call(test.session);
  await call.status;
  assertEquals(call.messages, ["first", "later"]);
});

Deno.test("a compressed message is read, an encoding that is not known is refused", async () => {
  await using test = await start(echo);
  const call = new Call(test.session, { "grpc-encoding": "gzip" });
  call.stream.write(framed(gzipSync(Buffer.from("small")), 1));
  call.stream.end(framed(bytes("plain")));
  assertEquals((await call.status).code, 0);
  assertEquals(call.messages, ["small", "plain"]);
  assertEquals(call.headers["grpc-accept-encoding"], "identity,gzip,deflate");

  const other = new Call(test.session, { "grpc-encoding": "snappy" });
  assertEquals((await other.status).code, Code.unimplemented);
});

Deno.test("a call that is against the protocol ends with a status, and others go on", async (t) => {
  const limits = { maxMessageBytes: 100, endTimeout: 5_000 };
  await using test = await start(echo, { limits });
  const good = new Call(test.session);
  const cases: [string, number, http2.OutgoingHttpHeaders, Buffer][] = [
    ["too long", Code.resourceExhausted, {}, framed(new Uint8Array(101))],
    [
      "too long when inflated",
      Code.resourceExhausted,
      { "grpc-encoding": "gzip" },
      framed(gzipSync(Buffer.alloc(101)), 1),
    ],
    ["no frame", Code.internal, {}, Buffer.from("no frame at all")],
    ["cut off", Code.internal, {}, framed(bytes("cut off")).subarray(0, 9)],
    ["compressed with nothing", Code.internal, {}, framed(bytes("x"), 1)],
    ["no method", Code.unimplemented, { ":path": "/test/Other" }, framed(bytes("x"))],
    ["no deadline", Code.internal, { "grpc-timeout": "soon" }, Buffer.alloc(0)],
  ];
  for (const [name, code, headers, body] of cases) {
    await t.step(name, async () => {
      const call = new Call(test.session, headers);
      call.stream.end(body);
      assertEquals((await call.status).code, code);
      await call.closed;
      assertEquals(call.messages, []);
    });
  }
  good.stream.end(framed(bytes("still here")));
  assertEquals((await good.status).code, 0);
  assertEquals(good.messages, ["still here"]);
});

Deno.test("what is no gRPC gets 415", async () => {
  await using test = await start(echo);
  const call = new Call(test.session, { "content-type": "application/json" });
  call.stream.end();
  await call.closed;
  assertEquals(Number(call.headers[":status"]), 415);
});

Deno.test("a call ends with its deadline, and its handlers are told once", async () => {
  let closed = 0;
  await using test = await start((call) => {
    call.accept({}, handlers({ closed: () => closed++ }));
  });
  const call = new Call(test.session, { "grpc-timeout": "20m" });
  assertEquals((await call.status).code, Code.deadlineExceeded);
  call.stream.end();
  await call.closed;
  assertEquals(closed, 1);
});

Deno.test("a writer waits for a client that does not read, and goes on when it does", async () => {
  const chunk = new Uint8Array(16 * 1024);
  let written = 0;
  let drained = 0;
  const stuck = Promise.withResolvers<void>();
  await using test = await start((call) => {
    const fill = () => {
      while (written < 200) {
        written++;
        if (!call.write(chunk)) {
          if (drained === 0) setTimeout(stuck.resolve, 20);
          return;
        }
      }
      call.end(Code.ok, "");
    };
    call.accept(
      {},
      handlers({
        drained() {
          drained++;
          fill();
        },
      }),
    );
    fill();
  });
  const call = new Call(test.session);
  call.stream.pause();
  await stuck.promise;
  assert(written < 100, `${written} of 200 were written to a client that does not read`);
  call.stream.resume();
  call.stream.end();
  assertEquals((await call.status).code, 0);
  assertEquals(call.messages.length, 200);
  assert(drained > 0);
});

Deno.test("a reader that pauses is not handed what comes after the piece at hand", async () => {
  let received = 0;
  let resume = () => {};
  await using test = await start((call) => {
    call.accept(
      {},
      handlers({
        message() {
          if (received++ === 0) call.pause();
        },
        ended: () => call.end(Code.ok, ""),
      }),
    );
    resume = () => call.resume();
  });
  const call = new Call(test.session);
  const body = framed(new Uint8Array(16 * 1024));
  for (let n = 0; n < 64; n++) call.stream.write(body);
  call.stream.end();
  while (received === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(received < 64, "a paused call was handed everything");
  resume();
  await call.status;
  assertEquals(received, 64);
});

Deno.test("a client that resets its call is known to be gone, and writes to it are lost", async () => {
  const gone = Promise.withResolvers<ServerCall>();
  await using test = await start((call) => {
    call.accept({}, handlers({ closed: () => gone.resolve(call) }));
  });
  const call = new Call(test.session);
  call.stream.write(framed(bytes("x")));
  await new Promise((resolve) => call.stream.on("response", resolve));
  call.stream.close(http2.constants.NGHTTP2_CANCEL);
  const over = await gone.promise;
  assertEquals([over.isOver, over.write(bytes("x"))], [true, true]);
  over.end(Code.ok, "");
});

Deno.test("a call that is reset before it is accepted is over", async () => {
  const seen = Promise.withResolvers<ServerCall>();
  await using test = await start((call) => seen.resolve(call));
  const call = new Call(test.session);
  const server = await seen.promise;
  call.stream.close(http2.constants.NGHTTP2_CANCEL);
  while (!server.isOver) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(server.accept({}, handlers({})), false);
});

Deno.test("a client that does not take the end of its call is cut off", async () => {
  const limits = { maxMessageBytes: 1 << 20, endTimeout: 30 };
  await using test = await start((call) => {
    call.accept({}, handlers({}));
    call.write(new Uint8Array(500_000));
    call.end(Code.aborted, "superseded");
  }, { limits });
  const call = new Call(test.session);
  call.stream.pause();
  await new Promise((resolve) => call.stream.on("aborted", resolve));
  assertEquals(call.stream.rstCode, http2.constants.NGHTTP2_CANCEL);
});

Deno.test("a connection that does not answer a ping is closed, and told of", async () => {
  const silent: string[] = [];
  await using test = await start(echo, {
    keepAlive: { interval: 10, timeout: 20 },
    onSilent: ({ address }) => silent.push(address),
  });
  const socket = net.connect(test.port, "127.0.0.1");
  // The preface of HTTP/2 and empty SETTINGS, and then nothing more.
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0));
  socket.resume();
  const address = await new Promise<string>((resolve) =>
    socket.on("connect", () => resolve(`127.0.0.1:${socket.localPort}`))
  );
  await new Promise((resolve) => socket.on("close", resolve));
  assertEquals(silent, [address]);
  // One that answers stays.
  const call = new Call(test.session);
  call.stream.end(framed(bytes("here")));
  assertEquals((await call.status).code, 0);
});

Deno.test("a server that closes lets go of connections that would stay", async () => {
  const test = await start(echo);
  const call = new Call(test.session);
  call.stream.write(framed(bytes("x")));
  while (call.messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await test.server.close();
  await call.closed;
  test.session.destroy();
});
