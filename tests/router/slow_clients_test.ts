import { assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { subscribe, type Subscription } from "../../client/subscribe.ts";
import { snapshotOf } from "../../contracts/fold.ts";
import type { FlowMessage } from "../../contracts/flow.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { Inspector } from "./inspector.ts";
import { RouterProcess } from "./router_process.ts";
import { type SlowBehaviour, SlowClient } from "./slow_client.ts";

const SETTINGS = { HEADER_TIMEOUT: "3s", REQUEST_TIMEOUT: "4s", STUCK_TIMEOUT: "3s" };
/** Clients of each kind. */
const EACH = 100;
/** A connection with a request under way. */
const CLIENT_BYTES = 20_000;

const POST = "POST /v1/flows/slow/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

const BEHAVIOURS: Readonly<Record<string, SlowBehaviour>> = {
  "says nothing": { opening: "", reads: true },
  "sends half a head": { opening: "GET /healthz HTTP/1.1\r\nHost: x\r\n", reads: true },
  "sends its head a byte at a time": {
    opening: "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Drip: ",
    drip: "x",
    reads: true,
  },
  "sends half a body": { opening: `${POST}Content-Length: 1000\r\n\r\n{`, reads: true },
  "sends its body a byte at a time": {
    opening: `${POST}Content-Length: 1000\r\n\r\n`,
    drip: " ",
    reads: true,
  },
  "sends its body in chunks of a byte": {
    opening: `${POST}Transfer-Encoding: chunked\r\n\r\n`,
    drip: "1\r\n \r\n",
    reads: true,
  },
  "never reads its answer": {
    opening: "GET /v1/flows/large/snapshot HTTP/1.1\r\nHost: x\r\n\r\n",
    reads: false,
  },
};

const upsert = (flowId: string, id: string, label: string): FlowMessage => ({
  type: "upsert-nodes",
  nodes: [{ id, flowId, label, status: "running" }],
});

/** Others, who are to notice nothing: an emitter that posts without a pause, and a reader. */
class Others {
  readonly #router: RouterProcess;
  readonly #reader: Subscription;
  readonly #posting: Promise<void>;
  #over = false;
  posts = 0;

  constructor(router: RouterProcess) {
    this.#router = router;
    this.#reader = subscribe({ url: router.url, flowId: "f" });
    this.#posting = this.#post();
    // Heard of at the end; a test that fails before that has a failure of its own to tell.
    this.#posting.catch(() => {});
  }

  /** Ends them; the reader must hold all that was posted. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#posting;
    const { cursor, message } = (await this.#router.snapshot("f"))!;
    await waitFor("the reader to be whole", () => {
      const { position } = this.#reader;
      return `${position?.seq}-${position?.epoch}` === cursor;
    });
    assertEquals(snapshotOf(this.#reader.state), message);
    this.#reader.close();
    await this.#reader.closed;
  }

  async #post(): Promise<void> {
    for (; !this.#over; this.posts++) {
      await this.#router.post("f", upsert("f", `n${this.posts % 10}`, `${this.posts}`));
    }
  }
}

Deno.test("hundreds of slow clients cost their limits and no more, others are served meanwhile", async () => {
  await using router = await RouterProcess.start({ settings: SETTINGS, inspect: true });
  using inspector = await Inspector.connect(router.inspector);
  const heap = async () => {
    const { used, buffers } = await inspector.heapAfterCollection();
    return used + buffers;
  };
  const cutOff = async () => {
    return (await router.metrics()).get('headrace_slow_readers_cut_off_total{why="stuck"}');
  };
  // More than the kernel keeps for a connection, 4 MB to send and 6 MB to receive at most.
  const label = "x".repeat(900_000);
  for (let i = 0; i < 14; i++) await router.post("large", upsert("large", `n${i}`, label));
  const answer = JSON.stringify((await router.snapshot("large"))!.message).length;
  const others = new Others(router);
  await waitFor("the others to be served", () => others.posts > 100);

  /** Gives the heap before, with all of them, and after. */
  async function attack(round: number): Promise<[before: number, during: number, after: number]> {
    const before = await heap();
    const kinds = await Promise.all(
      Object.entries(BEHAVIOURS).map(async ([name, behaviour]) => {
        const connect = () => SlowClient.connect(router.port, behaviour);
        return {
          name,
          behaviour,
          clients: await Promise.all(Array.from({ length: EACH }, connect)),
        };
      }),
    );
    const readers = kinds.flatMap(({ behaviour, clients }) => behaviour.reads ? clients : []);
    const { posts } = others;
    const during = await heap();
    assertEquals(
      readers.filter(({ ended }) => ended).length,
      0,
      "too slow a machine for these times",
    );
    await waitFor("somebody to be cut off", () => readers.some(({ ended }) => ended));
    assertGreater(others.posts - posts, 10);

    await waitFor("all of them to be cut off", async () => {
      return readers.every(({ ended }) => ended) && await cutOff() === round * EACH;
    }, { describe: () => `${readers.filter(({ ended }) => !ended).length} are still connected` });
    for (const { name, behaviour, clients } of kinds) {
      for (const client of clients) {
        const received = await client.received();
        if (behaviour.reads) assertMatch(received, /^(HTTP\/1\.1 408 |$)/, name);
        else assertLess(received.length, answer, name);
        client[Symbol.dispose]();
      }
    }
    return [before, during, await heap()];
  }

  // Once for what is made when it is needed first, and kept.
  const first = await attack(1);
  const [before, during, after] = await attack(2);
  const seen = `${first}, then ${before}, ${during}, ${after}`;
  assertLess(during, before + Object.keys(BEHAVIOURS).length * EACH * CLIENT_BYTES, seen);
  assertLess(after, first[2] + 1e6, seen);
  await others.end();
  assertEquals(await router.flowIds(), ["f", "large"]);
  assertEquals(router.failures, []);
  assertEquals(router.complaints, "");
});
