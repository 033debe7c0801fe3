import { assertEquals } from "@std/assert";
import { SharedBytes } from "../stream/shared_bytes.ts";
import { VirtualTimers } from "../testing/virtual_timers.ts";
import { SlowClients, type WatchedSocket } from "./slow_clients.ts";

/** A connection as far as it is looked at; the test plays the client. */
class FakeSocket {
  destroyed = false;
  writableLength = 0;
  bytesWritten = 0;

  write(bytes: number): void {
    this.writableLength += bytes;
    this.bytesWritten += bytes;
  }

  destroy(): this {
    this.destroyed = true;
    return this;
  }
}

function setUp(limits = { stuckTimeout: 10_000, queueBytes: 1_000 }) {
  const timers = new VirtualTimers();
  const reasons: string[] = [];
  const clients = new SlowClients(timers, limits, { cutOff: (why) => reasons.push(why) });
  const connect = () => {
    const socket = new FakeSocket();
    clients.watch(socket as unknown as WatchedSocket);
    return socket;
  };
  return { timers, clients, reasons, connect };
}

const open = (sockets: FakeSocket[]) => sockets.map(({ destroyed }) => !destroyed);

Deno.test("a client that takes nothing is cut off after its time, others are left alone", () => {
  const { timers, reasons, connect } = setUp();
  const [stuck, slow, idle] = [connect(), connect(), connect()];
  stuck.write(100);
  slow.write(100);
  for (let second = 0; second < 30; second++) {
    timers.advance(1_000);
    // It took a piece, and the next was written.
    slow.writableLength -= 10;
    slow.write(10);
    if (second === 8) assertEquals(open([stuck, slow, idle]), [true, true, true]);
  }
  assertEquals(open([stuck, slow, idle]), [false, true, true]);
  assertEquals(reasons, ["stuck"]);
});

Deno.test("a client that takes all of its answer has its time again with the next", () => {
  const { timers, connect } = setUp();
  const client = connect();
  for (let round = 0; round < 5; round++) {
    client.write(100);
    timers.advance(9_000);
    client.writableLength = 0;
    timers.advance(2_000);
  }
  assertEquals(client.destroyed, false);
});

Deno.test("clients together leave no more than the bound, and the one stuck longest goes", () => {
  const { timers, reasons, connect } = setUp();
  const clients = Array.from({ length: 5 }, () => {
    const client = connect();
    client.write(400);
    timers.advance(1_000);
    return client;
  });
  assertEquals(open(clients), [false, false, false, true, true]);
  assertEquals(reasons, ["memory", "memory", "memory"]);
});

Deno.test("an answer that is larger than the bound can be taken while nobody else waits", () => {
  const { timers, connect } = setUp();
  const client = connect();
  client.write(5_000);
  timers.advance(2_000);
  assertEquals(client.destroyed, false);
});

/** A response whose client takes the pieces that it is told to. */
class FakeResponse {
  readonly pieces: number[] = [];
  ended = false;
  #drain = () => {};

  constructor(readonly req: { socket: FakeSocket }) {}

  write(bytes: Uint8Array): boolean {
    this.pieces.push(bytes.length);
    this.req.socket.write(bytes.length);
    return false;
  }

  once(_event: "drain", drain: () => void): void {
    this.#drain = drain;
  }

  drain(): void {
    this.req.socket.writableLength = 0;
    this.#drain();
  }

  end(): void {
    this.ended = true;
  }
}

function send(clients: SlowClients, socket: FakeSocket, shared: SharedBytes): FakeResponse {
  const response = new FakeResponse({ socket });
  clients.send(response as unknown as Parameters<SlowClients["send"]>[0], shared.bytes, shared);
  return response;
}

Deno.test("shared bytes are written as they are taken, and then the answer ends", () => {
  const { clients, connect } = setUp();
  const response = send(clients, connect(), new SharedBytes(new Uint8Array(150_000)));
  assertEquals([response.pieces, response.ended], [[65_536], false]);
  for (let i = 0; i < 3; i++) response.drain();
  assertEquals([response.pieces, response.ended], [[65_536, 65_536, 18_928], true]);
});

Deno.test("bytes that several slow clients wait for count once, other bytes each", () => {
  const { timers, clients, connect } = setUp({ stuckTimeout: 10_000, queueBytes: 250_000 });
  const shared = new SharedBytes(new Uint8Array(150_000));
  const sharers = Array.from({ length: 20 }, () => connect());
  for (const socket of sharers) send(clients, socket, shared);
  timers.advance(2_000);
  assertEquals(open(sharers).includes(false), false);
  const others = Array.from({ length: 2 }, () => connect());
  for (const socket of others) send(clients, socket, new SharedBytes(new Uint8Array(90_000)));
  timers.advance(2_000);
  // Both of the others fit, and then the older ones do not.
  assertEquals([open(others).includes(false), open(sharers).includes(true)], [false, false]);
});
