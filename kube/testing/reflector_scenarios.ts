import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../contracts/clock.ts";
import type { KubeFetch } from "../client.ts";
import { KubeError } from "../errors.ts";
import { listPages } from "../list_pages.ts";
import {
  type ReflectorOptions,
  type ReflectorState,
  type ResourceEvent,
  watchResources,
} from "../reflector.ts";
import { type GroupVersionResource, type KubeObject, objectKey } from "../resources.ts";
import type { ReflectorTiming } from "../retry_plan.ts";
import { watchOnce } from "../watch_once.ts";
import type { WatchFaults } from "./faulty_fetch.ts";

/** An API server with an empty namespace, and a hand that changes things in it. */
export interface ServerUnderTest {
  readonly fetch: KubeFetch;
  readonly gvr: GroupVersionResource;
  readonly namespace: string;
  /** Made between the server and {@linkcode fetch}. */
  readonly faults: WatchFaults;
  /** What is in the namespace now, read past the faults. */
  list(): Promise<readonly KubeObject[]>;
  /** Creates an object, or changes it: each call gives it a new resourceVersion. */
  put(name: string, labels?: Readonly<Record<string, string>>): Promise<void>;
  /** Deletes an object, and waits until it is gone. */
  remove(name: string): Promise<void>;
}

/** What a reflector has to do on every API server, real or not. Takes seconds of real time. */
export interface Scenario {
  readonly name: string;
  readonly run: (server: ServerUnderTest) => Promise<void>;
}

const DEADLINE_MS = 30_000;

/** Short enough for a test, and still in the order of the real ones. */
const TIMING: Partial<ReflectorTiming> = {
  backoffBaseMs: 20,
  backoffMaxMs: 200,
  missingRetryMs: 50,
  deniedRetryMs: 50,
};

/** A reflector, what it told, and what it should never have told. */
class Follower {
  readonly objects = new Map<string, KubeObject>();
  readonly deletions: string[] = [];
  readonly states: ReflectorState[] = [];
  readonly requests: string[] = [];
  readonly #server: ServerUnderTest;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #violation: string | undefined;
  events = 0;

  constructor(server: ServerUnderTest, options: Partial<ReflectorOptions<KubeObject>> = {}) {
    this.#server = server;
    this.#done = watchResources({
      client: {
        fetch: (path, init) => {
          this.requests.push(/[?&]watch=/.test(path) ? "watch" : "list");
          return server.fetch(path, init);
        },
      },
      gvr: server.gvr,
      namespace: server.namespace,
      timing: TIMING,
      ...options,
      onEvent: (event) => this.#take(event),
      onState: (state) => this.states.push(state),
      signal: this.#stop.signal,
    });
  }

  get state(): ReflectorState | undefined {
    return this.states.at(-1);
  }

  get names(): string[] {
    return [...this.objects.values()].map(({ metadata }) => metadata.name).sort();
  }

  /** Waits until a watch is open. */
  async watching(): Promise<void> {
    await until(() => this.state?.phase === "watching", "a watch is open");
  }

  /** Waits until the follower holds exactly what the server holds. */
  async inStep(): Promise<void> {
    let truth = "";
    const mine = () => describe(this.objects.values());
    await until(async () => {
      truth = describe(await this.#server.list());
      return mine() === truth;
    }, () => `the follower holds [${mine()}] like the server [${truth}]`);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    assertEquals(this.#violation, undefined);
    assertEquals(this.state?.phase, "stopped");
  }

  #take(event: ResourceEvent<KubeObject>): void {
    this.events++;
    const held = this.objects.get(event.key);
    if (event.type === "deleted") {
      if (held?.metadata.uid !== event.uid) this.#violation ??= `${event.key}: a stray deletion`;
      this.deletions.push(event.uid);
      if (new Set(this.deletions).size < this.deletions.length) {
        this.#violation ??= `${event.key}: a deletion told twice`;
      }
      this.objects.delete(event.key);
      return;
    }
    if ((event.type === "added") !== (held === undefined)) {
      this.#violation ??= `${event.key}: ${event.type} makes no sense here`;
    }
    if (held?.metadata.resourceVersion === event.object.metadata.resourceVersion) {
      this.#violation ??= `${event.key}: an unchanged object was told again`;
    }
    this.objects.set(event.key, event.object);
  }
}

/** The scenarios. Each wants a server with an empty namespace of its own. */
export const reflectorScenarios: readonly Scenario[] = [
  {
    name: "what exists is listed in pages, and every change followed",
    async run(server) {
      for (const name of ["a", "b", "c", "d", "e"]) await server.put(name);
      const follower = new Follower(server, { pageSize: 2 });
      await follower.watching();
      assertEquals(follower.requests.slice(0, 4), ["list", "list", "list", "watch"]);
      assertEquals(follower.names, ["a", "b", "c", "d", "e"]);
      await server.put("f");
      await server.put("a");
      await server.remove("b");
      await follower.inStep();
      assertEquals([follower.events, follower.deletions.length], [8, 1]);
      assertEquals(follower.objects.get(`${server.namespace}/a`)?.metadata.name, "a");
      await follower.stop();
    },
  },
  {
    name: "what exists comes by a stream, where there is one, and every change is followed",
    async run(server) {
      for (const name of ["a", "b", "c"]) await server.put(name);
      const follower = new Follower(server, { streamLists: true });
      await follower.watching();
      assertEquals(follower.names, ["a", "b", "c"]);
      await server.remove("b");
      await server.put("d");
      await follower.inStep();
      server.faults.answerNext(1, { code: 410, to: "watch" });
      server.faults.cutWatches();
      await server.remove("a");
      await server.put("e");
      await follower.inStep();
      assertEquals(follower.names, ["c", "d", "e"]);
      await follower.watching();
      assertEquals(follower.state?.error, undefined);
      await follower.stop();
    },
  },
  {
    name: "a cut watch is resumed without a second list, and nothing is missed",
    async run(server) {
      const follower = new Follower(server);
      await follower.watching();
      for (const name of ["a", "b", "c", "d"]) {
        await server.put(name);
        server.faults.cutWatches();
        await server.put(name);
      }
      await server.remove("a");
      server.faults.cutWatches();
      await server.remove("b");
      await follower.inStep();
      assertEquals(follower.requests.filter((kind) => kind === "list").length, 1);
      assertEquals(follower.deletions.length, 2);
      await follower.stop();
    },
  },
  {
    name: "a silent watch is given up, and what it kept back is found",
    async run(server) {
      await server.put("a");
      const follower = new Follower(server, {
        timing: { ...TIMING, idleTimeoutMs: 700, stableAfterMs: 500 },
      });
      await follower.watching();
      server.faults.muteWatches();
      await server.put("b");
      await server.remove("a");
      await follower.inStep();
      await follower.stop();
    },
  },
  {
    name: "after a 410 the list finds deletions and recreations, and repeats nothing",
    async run(server) {
      for (const name of ["gone", "recreated", "changed", "same"]) await server.put(name);
      // The pause after the cut leaves time for the changes.
      const follower = new Follower(server, {
        timing: { ...TIMING, backoffBaseMs: 2_000, backoffMaxMs: 2_000 },
      });
      await follower.watching();
      const before = follower.events;
      server.faults.answerNext(1, { code: 410, to: "watch" });
      server.faults.cutWatches();
      await server.remove("gone");
      await server.remove("recreated");
      await server.put("recreated");
      await server.put("changed");
      await follower.inStep();
      await follower.watching();
      assertEquals(follower.requests.filter((kind) => kind === "list").length, 2);
      assertEquals(follower.events - before, 4, "deleted, deleted, added, modified");
      assertEquals(follower.deletions.length, 2);
      await follower.stop();
    },
  },
  {
    name: "an ERROR event with 410 leads to a list",
    async run(server) {
      await server.put("a");
      const follower = new Follower(server);
      await follower.watching();
      server.faults.writeToWatches(
        `${
          JSON.stringify({
            type: "ERROR",
            object: { kind: "Status", code: 410, reason: "Expired", message: "too old" },
          })
        }\n`,
      );
      await until(() => follower.requests.length >= 4, "list, watch, list, watch");
      assertEquals(follower.requests.slice(0, 4), ["list", "watch", "list", "watch"]);
      await server.put("b");
      await follower.inStep();
      await follower.stop();
    },
  },
  {
    name: "junk in the stream loses nothing",
    async run(server) {
      const follower = new Follower(server);
      for (const junk of ["<html>\n", '{"type":"ADDED","object":{}}\n', "\n\n"]) {
        await follower.watching();
        await server.put("a");
        server.faults.writeToWatches(junk);
        await server.put("b");
        await follower.inStep();
      }
      await follower.stop();
    },
  },
  {
    name: "a storm of refusals is outlived",
    async run(server) {
      await server.put("a");
      server.faults.answerNext(2, { code: 500 });
      server.faults.answerNext(1, { code: 429, headers: { "retry-after": "1" } });
      server.faults.answerNext(1, { code: 403 });
      const follower = new Follower(server);
      await follower.watching();
      const codes = follower.states.map(({ error }) => error?.code);
      for (const code of ["server-error", "too-many-requests", "forbidden"] as const) {
        assert(codes.includes(code), `${code} was reported`);
      }
      server.faults.answerNext(3, { code: 503 });
      server.faults.cutWatches();
      await server.put("b");
      await follower.inStep();
      await follower.watching();
      assertEquals(follower.state?.error, undefined);
      await follower.stop();
    },
  },
  {
    name: "an object that leaves the selection is deleted for the follower",
    async run(server) {
      await server.put("a", { team: "core" });
      await server.put("b", { team: "other" });
      const follower = new Follower(server, { labelSelector: "team=core" });
      await follower.watching();
      assertEquals(follower.names, ["a"]);
      await server.put("a", { team: "other" });
      await server.put("b", { team: "core" });
      await until(() => follower.names.join() === "b", "only b is selected");
      assertEquals(follower.deletions.length, 1);
      await follower.stop();
    },
  },
  {
    name: "a resource that nobody serves is reported as a missing CRD, again and again",
    async run(server) {
      const gvr = { ...server.gvr, resource: "nonesuches" };
      const follower = new Follower(server, { gvr });
      await until(() => follower.requests.length >= 3, "it was asked for three times");
      assertEquals(follower.state?.error?.code, "crd-missing");
      assertEquals(follower.state?.synced, false);
      await follower.stop();
    },
  },
  {
    name: "a list in pages is one moment, whatever happens between its pages",
    async run(server) {
      for (const name of ["a", "b", "c", "d"]) await server.put(name);
      const names: string[] = [];
      for await (const page of listPages({ ...request(server), limit: 2 })) {
        names.push(...page.items.map(({ metadata }) => metadata.name));
        await server.put("d");
        await server.put("e");
      }
      assertEquals(names, ["a", "b", "c", "d"]);
    },
  },
  {
    name: "a version of the distant past is gone",
    async run(server) {
      for (const name of ["a", "b", "c"]) await server.put(name);
      const error = await assertRejects(() => watchFrom(server, "1"), KubeError);
      assertEquals(error.code, "gone");
    },
  },
  {
    // As after etcd was restored from a backup. kube-apiserver neither refuses such a watch nor
    // says anything on it.
    name: "a watch from a version of the future is healed by a list",
    async run(server) {
      await server.put("a");
      let ahead = true;
      const follower = new Follower({
        ...server,
        fetch: (path, init) =>
          server.fetch(
            ahead ? path.replace(/([?&]resourceVersion=)\d+/, "$1999999999999") : path,
            init,
          ),
      }, { timing: { ...TIMING, idleTimeoutMs: 1_000, stableAfterMs: 500 } });
      await follower.watching();
      ahead = false;
      await server.put("b");
      await server.remove("a");
      await follower.inStep();
      assertEquals(follower.requests.slice(0, 3), ["list", "watch", "list"]);
      await follower.stop();
    },
  },
  {
    name: "a run of changes under faults ends in step",
    async run(server) {
      const follower = new Follower(server, {
        timing: { ...TIMING, idleTimeoutMs: 500, stableAfterMs: 300 },
      });
      const faults = [
        () => server.faults.cutWatches(),
        () => server.faults.muteWatches(),
        () => server.faults.writeToWatches("junk\n"),
        () => server.faults.answerNext(1, { code: 410, to: "watch" }),
        () => server.faults.answerNext(2, { code: 500 }),
      ];
      const alive = new Set<string>();
      for (let i = 0; i < 60; i++) {
        const name = `o${(i * 7) % 11}`;
        if (alive.delete(name)) await server.remove(name);
        else {
          await server.put(name);
          alive.add(name);
        }
        if (i % 4 === 3) faults[i % faults.length]?.();
        if (i % 10 === 9) await follower.watching();
      }
      await follower.inStep();
      assertEquals(follower.names, [...alive].sort());
      await follower.stop();
    },
  },
];

/** Waits for a condition; the deadline is generous, since it only decides how long a failure takes. */
async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  const giveUpAt = Date.now() + DEADLINE_MS;
  while (!await condition()) {
    if (Date.now() > giveUpAt) {
      throw new Error(`waited in vain until ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function watchFrom(server: ServerUnderTest, resourceVersion: string): Promise<void> {
  const events = watchOnce({
    ...request(server),
    resourceVersion,
    timeoutSeconds: 5,
    headTimeoutMs: DEADLINE_MS,
    idleTimeoutMs: DEADLINE_MS,
    onOpen: () => {},
  });
  for await (const _event of events);
}

function request({ fetch, gvr, namespace }: ServerUnderTest) {
  const { signal } = new AbortController();
  return { fetch, gvr, namespace, timeoutMs: DEADLINE_MS, clock: systemClock, signal };
}

function describe(objects: Iterable<KubeObject>): string {
  return [...objects]
    .map(({ metadata }) => `${objectKey(metadata)} ${metadata.uid} ${metadata.resourceVersion}`)
    .sort()
    .join(", ");
}
