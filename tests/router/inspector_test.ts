import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { Inspector } from "./inspector.ts";

/** An inspector as far as it is asked here. */
function fakeInspector(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      const { id, method } = JSON.parse(data);
      asked.push(method);
      // Events stand between the answers.
      socket.send(JSON.stringify({ method: "Runtime.executionContextCreated", params: {} }));
      const answer = answers[method];
      if (answer === "leave") socket.close();
      else if (answer === undefined) {
        socket.send(JSON.stringify({ id, error: { code: -32601, message: `no ${method}` } }));
      } else socket.send(JSON.stringify({ id, result: answer }));
    };
    return response;
  });
  return { asked, server, address: `ws://127.0.0.1:${server.addr.port}/ws/1` };
}

Deno.test("the heap is measured after its garbage is gone", async () => {
  const { asked, server, address } = fakeInspector({
    "HeapProfiler.collectGarbage": {},
    "Runtime.getHeapUsage": { usedSize: 10, totalSize: 20, backingStorageSize: 3 },
  });
  {
    using inspector = await Inspector.connect(address);
    assertEquals(await inspector.heapAfterCollection(), { used: 10, buffers: 3 });
  }
  assertGreater(
    asked.indexOf("Runtime.getHeapUsage"),
    asked.indexOf("HeapProfiler.collectGarbage"),
  );
  await server.shutdown();
});

Deno.test("an inspector that refuses or leaves is no measurement", async () => {
  for (
    const [answers, message] of [[{}, "no HeapProfiler"], [{
      "HeapProfiler.collectGarbage": "leave",
    }, "is gone"]] as const
  ) {
    const { server, address } = fakeInspector(answers);
    {
      using inspector = await Inspector.connect(address);
      await assertRejects(() => inspector.heapAfterCollection(), Error, message);
    }
    await server.shutdown();
  }
});

Deno.test("nobody there is said so", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await assertRejects(() => Inspector.connect(`ws://127.0.0.1:${port}/`), Error, "no inspector");
});
