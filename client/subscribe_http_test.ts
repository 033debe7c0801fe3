import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { assert, assertEquals } from "@std/assert";
import { snapshotOf } from "../contracts/fold.ts";
import type { Connection } from "./connection.ts";
import { subscribe } from "./subscribe.ts";
import { FakeRouter } from "./testing/fake_router.ts";

const FLOW = "rollout/42 ü";

/** The fake router behind real sockets: real chunking, real aborts, real connection failures. */
async function listen(router: FakeRouter, port = 0) {
  const server = createServer(async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.on("close", () => gone.abort());
    const response = await router.fetch(`http://router.example${incoming.url}`, {
      headers: incoming.headers as Record<string, string>,
      signal: gone.signal,
    });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    try {
      for await (const bytes of response.body ?? []) outgoing.write(bytes);
      outgoing.end();
    } catch {
      outgoing.destroy();
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      // Comes only when the router has noticed that every reader is gone.
      await once(server, "close");
    },
  };
}

Deno.test("subscribe follows a router over HTTP through cuts and a restart of the listener", async () => {
  const router = new FakeRouter(FLOW, (left) => Math.min(left, 700));
  router.retry = 20;
  let server = await listen(router);
  const { port } = server;
  const changed = waiter();
  const states: Connection["state"][] = [];
  const subscription = subscribe({
    url: `http://127.0.0.1:${port}`,
    flowId: FLOW,
    onState: changed.notify,
    onConnection: ({ state }) => {
      states.push(state);
      changed.notify();
    },
  });
  const whole = () => {
    const { position } = subscription;
    return `${position?.seq}-${position?.epoch}` === router.cursor;
  };
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 40; n++) {
      router.publish({
        type: "upsert-nodes",
        nodes: [{ id: `${round}/${n}`, flowId: FLOW, label: "ü😀".repeat(n), status: "running" }],
      });
    }
    await changed.until(whole);
    assertEquals(snapshotOf(subscription.state), router.snapshot);
    router.cutStreams();
    if (round === 1) {
      await server.stop();
      await changed.until(() => states.includes("stale"));
      server = await listen(router, port);
    }
  }
  await changed.until(() => subscription.connection.state === "live");
  subscription.close();
  await subscription.closed;
  assert(router.requests.slice(1).some(({ headers }) => headers.has("last-event-id")));
  await server.stop();
  assertEquals(router.openStreams, 0);
});

/** Lets a test wait for a condition that callbacks bring about. */
function waiter() {
  let wake = () => {};
  return {
    notify: () => wake(),
    async until(condition: () => boolean) {
      while (!condition()) await new Promise<void>((resolve) => wake = resolve);
    },
  };
}
