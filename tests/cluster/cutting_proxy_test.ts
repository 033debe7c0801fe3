import { assert, assertEquals, assertRejects } from "@std/assert";
import { type CuttingProxy, startCuttingProxy } from "./cutting_proxy.ts";
import { waitFor } from "./wait_for.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A server that sends back what it gets, and counts the bytes. */
function startEcho() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = { bytes: 0 };
  const open = new Set<Deno.TcpConn>();
  const serve = async (connection: Deno.TcpConn) => {
    open.add(connection);
    const buffer = new Uint8Array(65_536);
    try {
      for (let size = await connection.read(buffer); size !== null;) {
        seen.bytes += size;
        await connection.write(buffer.subarray(0, size));
        size = await connection.read(buffer);
      }
    } catch {
      // The cut that the test is about.
    }
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // Closed by the end of the test.
    }
  };
  const done = (async () => {
    for await (const connection of listener) serve(connection);
  })();
  return {
    port: listener.addr.port,
    seen,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) connection.close();
      await done;
    },
  };
}

async function connect(proxy: CuttingProxy): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
}

async function say(connection: Deno.TcpConn, text: string): Promise<void> {
  await connection.write(encoder.encode(text));
}

async function hear(connection: Deno.TcpConn): Promise<string | null> {
  const buffer = new Uint8Array(1_024);
  const size = await connection.read(buffer);
  return size === null ? null : decoder.decode(buffer.subarray(0, size));
}

async function talk(connection: Deno.TcpConn, text: string): Promise<void> {
  await say(connection, text);
  assertEquals(await hear(connection), text);
}

Deno.test("the proxy forwards in both directions and counts its connections", async () => {
  await using echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  using first = await connect(proxy);
  using second = await connect(proxy);
  await talk(first, "one");
  await talk(second, "two");
  assertEquals([proxy.connections, proxy.accepted], [2, 2]);
  first.close();
  await waitFor("the first to be gone", () => proxy.connections === 1);
  await talk(second, "three");
});

Deno.test("a reset reaches the client as an error, an orderly end as the end of data", async () => {
  await using echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  using reset = await connect(proxy);
  await talk(reset, "before");
  proxy.cut("rst");
  await assertRejects(() => hear(reset), Deno.errors.ConnectionReset);

  using ended = await connect(proxy);
  await talk(ended, "before");
  proxy.cut("fin");
  assertEquals(await hear(ended), null);
});

Deno.test("after a cut new connections are served", async () => {
  await using echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  for (const how of ["rst", "fin"] as const) {
    using connection = await connect(proxy);
    await talk(connection, how);
    proxy.cut(how);
    await hear(connection).catch(() => null);
  }
  using connection = await connect(proxy);
  await talk(connection, "after");
  assertEquals(proxy.accepted, 3);
});

Deno.test("a silent proxy holds old and new connections and delivers nothing until it resumes", async () => {
  await using echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  using old = await connect(proxy);
  await talk(old, "before");
  proxy.silence();
  using young = await connect(proxy);
  await say(old, "from the old");
  await say(young, "from the new");
  await waitFor("the new one to be accepted", () => proxy.accepted === 2);

  let answers = 0;
  const answered = [hear(old), hear(young)].map(async (answer) => {
    const text = await answer;
    answers += 1;
    return text;
  });
  // A third party's round trip: whatever would come through the proxy has had its time.
  await using other = await startCuttingProxy(echo.port);
  using witness = await connect(other);
  await talk(witness, "witness");
  assertEquals(echo.seen.bytes, "before".length + "witness".length);
  assertEquals(answers, 0);

  proxy.resume();
  assertEquals(await Promise.all(answered), ["from the old", "from the new"]);
});

Deno.test("a silent connection can still be cut", async () => {
  await using echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  using connection = await connect(proxy);
  await talk(connection, "before");
  proxy.silence();
  proxy.cut("rst");
  await assertRejects(() => hear(connection), Deno.errors.ConnectionReset);
});

Deno.test("a reader that does not read stops the writer instead of filling the proxy", async () => {
  await using echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  using connection = await connect(proxy);
  const block = new Uint8Array(1 << 20);
  let written = 0;
  const writing = (async () => {
    while (written < 64) {
      await connection.write(block);
      written += 1;
    }
  })();
  // The sockets' buffers on the way take some megabytes; then everything stands still.
  let before = -1;
  await waitFor("the writer to be stopped", () => {
    const still = written > 0 && written === before;
    before = written;
    return still;
  }, { every: 250 });
  assert(written < 64, `${written} MiB written`);
  proxy.cut("rst");
  await assertRejects(() => writing);
});

Deno.test("a server that is not there closes the client's connection", async () => {
  const echo = startEcho();
  await using proxy = await startCuttingProxy(echo.port);
  await echo[Symbol.asyncDispose]();
  using connection = await connect(proxy);
  assertEquals(await hear(connection).catch(() => null), null);
});
