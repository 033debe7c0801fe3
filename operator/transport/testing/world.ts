import type { ObjectMeta } from "../../../kube/resources.ts";
import { ObjectWriter } from "../../../kube/object_writer.ts";
import { FakeApiServer } from "../../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../../kube/testing/in_process.ts";
import type { StoredObject } from "../../../kube/testing/object_store.ts";
import { WritableApi } from "../../../kube/testing/writable_api.ts";
import { type Condition, findCondition } from "../../../kube/conditions.ts";
import { Controller } from "../../runtime/controller.ts";
import { EventRecorder, EVENTS } from "../../runtime/event_recorder.ts";
import { TransportCaches } from "../caches.ts";
import { TransportReconciler } from "../reconciler.ts";
import { type Kind, RESOURCES } from "../../../contracts/transport/resource_kinds.ts";

/** The controller on a fake API server and a clock that a test moves. */
export class TransportWorld {
  readonly clock = new FakeClock();
  readonly server = new FakeApiServer({ clock: this.clock });
  readonly api = new WritableApi(this.server);
  readonly log: string[] = [];
  /** What the metrics were told of Engrams: `<namespace> <ready>`. */
  readonly told: string[] = [];
  /** Endpoints of hubs that are ready; undefined: runs are not pinned. */
  readyHubs: readonly string[] | undefined;
  #process: Process;

  constructor(readyHubs?: readonly string[]) {
    this.readyHubs = readyHubs;
    for (const [kind, gvr] of Object.entries(RESOURCES)) {
      this.server.store.register({ ...gvr, kind, namespaced: kind !== "Transport" });
    }
    this.server.store.register({ ...EVENTS, kind: "Event", namespaced: true });
    this.#process = this.#start();
  }

  /** Reconciles every run. */
  lookAgain: () => void = () => {};

  get caches(): TransportCaches {
    return this.#process.caches;
  }

  #start(): Process {
    const client = { fetch: inProcessFetch(this.api.handle) };
    const log = (_level: string, message: string, attributes: Record<string, unknown> = {}) =>
      this.log.push(`${message} ${attributes["err"] ?? ""}`);
    const now = () => this.clock.now();
    const caches = new TransportCaches({ client, clock: this.clock });
    const writer = new ObjectWriter({ client, fieldManager: "tests", clock: this.clock });
    const { reconcile } = new TransportReconciler({
      caches,
      writer,
      recorder: new EventRecorder({
        writer,
        reportingController: "tests",
        reportingInstance: "one",
        log,
        now,
      }),
      log,
      now,
      monitor: {
        bindingsWaited() {},
        engramTold: (namespace, ready) => this.told.push(`${namespace} ${ready}`),
      },
      hubEndpoint: (namespace) => `hub.${namespace}:9000`,
      peerHost: (stepRun, namespace) => `${stepRun}.${namespace}:50051`,
      ...this.readyHubs && { readyHubs: () => this.readyHubs ?? [] },
    });
    const controller = new Controller({
      kind: "StoryRun",
      reconcile,
      log,
      clock: this.clock,
      random: () => 0,
    });
    caches.onRunChange((key, delayMs) => controller.enqueue(key, delayMs));
    this.lookAgain = () => {
      for (const key of caches.runs.keys) controller.enqueue(key);
    };
    const stop = new AbortController();
    const ended = Promise.all([
      caches.run(stop.signal),
      settle().then(() => controller.run(stop.signal)),
    ]);
    return { caches, stop: () => stop.abort(), ended };
  }

  /** Ends the controller in the middle of whatever it does, and starts another that knows nothing. */
  async crash(): Promise<void> {
    this.#process.stop();
    await this.settle(0);
    await this.#process.ended;
    this.#process = this.#start();
  }

  put(...objects: readonly (Parameters<FakeApiServer["store"]["put"]>[1])[]): void {
    for (const object of objects) {
      this.server.store.put(RESOURCES[object.kind as Kind], object);
    }
  }

  get(kind: Kind, name: string): StoredObject | undefined {
    return this.server.store.get(RESOURCES[kind], name, "demo");
  }

  /** Changes an object as somebody else, over what is there. */
  change(
    kind: Kind,
    name: string,
    patch: { metadata?: Partial<ObjectMeta>; status?: object },
  ): void {
    const before = this.get(kind, name);
    if (before === undefined) throw new TypeError(`no ${kind} ${name}`);
    this.server.store.put(RESOURCES[kind], {
      ...before,
      metadata: { ...before.metadata, ...patch.metadata },
      ...(patch.status === undefined
        ? {}
        : { status: { ...before["status"] as object, ...patch.status } }),
    });
  }

  /** Asks for a deletion, as `kubectl delete` does. */
  async delete(kind: Kind, name: string): Promise<void> {
    const { group, version, resource } = RESOURCES[kind];
    const path = `/apis/${group}/${version}/namespaces/demo/${resource}/${name}`;
    await this.api.handle(new Request(`http://in-process${path}`, { method: "DELETE" }));
  }

  condition(kind: Kind, name: string, type: string): Condition | undefined {
    const status = this.get(kind, name)?.["status"] as { conditions?: Condition[] } | undefined;
    return findCondition(status?.conditions, type);
  }

  /** `status/reason: message` of a condition. */
  says(kind: Kind, name: string, type: string): string {
    const condition = this.condition(kind, name, type);
    return condition === undefined
      ? "nothing"
      : `${condition.status}/${condition.reason}: ${condition.message}`;
  }

  /** All events so far: `Warning Reason: note`. */
  get events(): string[] {
    return this.server.store.list(EVENTS)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
  }

  /** The writes since the last call, Events left out. */
  takeWrites(): string[] {
    return this.api.writes.splice(0).map(({ method, target }) => `${method} ${target}`)
      .filter((write) => !write.includes(" events"));
  }

  /** Lets everything happen that happens within some milliseconds. */
  async settle(ms = 1_000): Promise<void> {
    await this.clock.advance(ms);
  }

  async close(): Promise<void> {
    this.#process.stop();
    await this.settle();
    await this.#process.ended;
    this.server.close();
  }
}

/** One life of the controller. */
interface Process {
  readonly caches: TransportCaches;
  stop(): void;
  readonly ended: Promise<unknown>;
}

/** Runs a test in a world of its own. */
export async function inTransportWorld(
  test: (world: TransportWorld) => Promise<void>,
  readyHubs?: readonly string[],
): Promise<void> {
  const world = new TransportWorld(readyHubs);
  try {
    await world.settle(0);
    await test(world);
  } finally {
    await world.close();
  }
}
