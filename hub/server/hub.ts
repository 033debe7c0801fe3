import type { Drop, DropReason } from "../buffer/drop.ts";
import type { Parcel } from "../delivery/outbound.ts";
import type { Packet } from "../proto/packet.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import type { RunChange } from "../story/story_directory.ts";
import type { Claim } from "./admission.ts";
import { type DeadLetter, faultReason, keepDeadLetter } from "./dead_letters.ts";
import type { HubOptions } from "./hub_options.ts";
import { LifecycleHooks } from "./lifecycle_hooks.ts";
import type { HubMonitor } from "./monitor.ts";
import { Code, Refusal } from "./refusal.ts";
import { checkDirection } from "./packet_lane.ts";
import { readPlan, warnOfLoss } from "./read_plan.ts";
import type { Route } from "./router.ts";
import { Detours } from "./detours.ts";
import { HubRun } from "./hub_run.ts";
import { Session } from "./session.ts";
import { settleAccounts } from "./settle_accounts.ts";
import type { StepStream } from "./step_stream.ts";
import { Termination } from "./termination.ts";
import type { Wire } from "./wire.ts";

/**
 * The packet bus: knows the runs, their steps and connections, and moves packets between them. Has
 * no clock, no sockets and no files of its own.
 */
export class Hub {
  readonly runs = new Map<string, HubRun>();
  readonly deadLetters: DeadLetter[] = [];
  readonly writer = new WireWriter(64 * 1024);
  readonly #hooks = new LifecycleHooks(this);
  readonly #termination = new Termination(this);
  readonly #dirty = new Set<StepStream>();
  readonly #freed = new Set<StepStream>();
  readonly #settled = new Set<StepStream>();
  #flushing = false;
  #streams = 0;
  #draining = false;

  constructor(readonly options: HubOptions) {}

  get monitor(): HubMonitor {
    return this.options.monitor;
  }

  get streams(): number {
    return this.#streams;
  }

  now(): number {
    return this.options.now();
  }

  /**
   * Finds the step that a stream belongs to.
   *
   * @throws {Refusal}
   */
  async admit(claim: Claim): Promise<StepStream> {
    this.#mayOpen();
    const key = `${claim.namespace}/${claim.storyRun}`;
    const plan = await readPlan(this.options, claim);
    // Others may have come while the story was looked up.
    this.#mayOpen();
    let run = this.runs.get(key);
    if (run === undefined) {
      const { epoch, checkpoints } = this.options;
      this.runs.set(key, run = new HubRun(plan, epoch, checkpoints));
      warnOfLoss(this.options, plan);
    } else run.plan = plan;
    const stream = run.step(claim.step, this.now(), this.#mayBuffer);
    if (stream === undefined || stream.plan.isPrimitive) {
      throw new Refusal(Code.notFound, `${key} has no engram step ${claim.step}`);
    }
    if (claim.generation < stream.generation) {
      throw new Refusal(
        Code.failedPrecondition,
        `stale generation ${claim.generation}: ${stream.generation} is in charge of ${claim.step}`,
      );
    }
    return stream;
  }

  /** Further headers for a connector: what passed between here and its step. */
  readonly greet = (stream: StepStream, claim: Claim): Record<string, string> =>
    settleAccounts(this.#runOf(stream), stream, claim, this.monitor, this.now());

  /** Connects a step; its connection before this one, if any, is over. */
  attach(stream: StepStream, claim: Claim, wire: Wire): Session {
    const before = stream.session;
    if (claim.generation > stream.generation && stream.generation > 0) {
      this.options.handoff?.(stream, "cutover");
    }
    const session = new Session(this, claim, stream, wire, before);
    stream.session = undefined;
    before?.end(Code.aborted, `superseded by generation ${claim.generation}`);
    stream.session = session;
    stream.generation = claim.generation;
    stream.outbound.connect();
    if (claim.batched && claim.streamId !== undefined) stream.receipts.only(claim.streamId);
    stream.receipts.reconnect(this.now());
    this.#streams++;
    this.monitor.opened(claim.capabilities);
    this.options.handoff?.(stream, "ready");
    const run = this.#runOf(stream);
    if (run !== undefined) {
      this.#termination.attached(run);
      this.#hooks.attached(run, stream);
    }
    this.touch(stream);
    this.freed(stream);
    return session;
  }

  detach(session: Session): void {
    const { stream } = session;
    this.#streams--;
    if (stream.session !== session) return;
    stream.session = undefined;
    stream.outbound.disconnect();
    stream.idleSince = this.now();
    if (stream.plan.policies.lifecycle.drain) this.options.handoff?.(stream, "draining");
    this.freed(stream);
  }

  /** Where a packet goes. A router that fails is a dead letter, never the end of a producer. */
  route(stream: StepStream, packet: Packet): readonly Route[] {
    const run = this.#runOf(stream);
    if (run === undefined) return [];
    if (stream.isObserved) this.options.observe?.(stream, packet);
    try {
      checkDirection(packet, stream.plan.policies.buffer, stream.id, "publish");
      return this.options.router.route(run.plan, stream.id, packet);
    } catch (error) {
      this.deadLetter(stream, stream, faultReason(error as Error), error as Error);
      return [];
    }
  }

  detoursOf(stream: StepStream): Detours {
    return stream.detours ??= new Detours(this, stream);
  }

  /**
   * Passes on what a step put out that has no stream of its own.
   *
   * @param settled called once, when everything that comes of it is done with
   */
  passOn(from: StepStream, packet: Packet, settled: () => void): void {
    let open = 1;
    const one = () => {
      if (--open === 0) settled();
    };
    from.routed++;
    for (const route of this.route(from, packet)) {
      open++;
      this.stepOf(from, route.step)?.routedFrom(from.id);
      this.detoursOf(from).add(route, packet, one);
    }
    one();
  }

  stepOf(source: StepStream, step: string): StepStream | undefined {
    const found = this.#runOf(source)?.step(step, this.now(), this.#mayBuffer);
    if (found === undefined) this.monitor.dropped("max_buffers");
    return found;
  }

  /** Something waits for this step. */
  touch(stream: StepStream): void {
    this.#dirty.add(stream);
    this.#schedule();
  }

  /** There may be room for what producers hold back. */
  freed(stream: StepStream): void {
    if (stream.waiting.size === 0) return;
    this.#freed.add(stream);
    this.#schedule();
  }

  /** There is something to tell this step about what it sent. */
  settled(stream: StepStream): void {
    this.#settled.add(stream);
    this.#schedule();
  }

  dropped(stream: StepStream, drops: readonly Drop<Parcel>[]): void {
    for (const { reason } of drops) this.monitor.dropped(reason);
    stream.drop(drops);
  }

  /**
   * A packet that a step did not get, which never was among what waits for it.
   *
   * @param source the step that sent it; absent when it is none of another step's
   */
  lost(to: StepStream, reason: DropReason, source?: string): void {
    this.monitor.dropped(reason);
    to.countDrop(reason, source);
  }

  deadLetter(to: StepStream, source: StepStream, reason: DropReason, error: Error): void {
    this.lost(to, reason, to === source ? undefined : source.id);
    keepDeadLetter(this.deadLetters, to.run, { source: source.id, step: to.id, reason, error });
  }

  /** Acknowledges, expires and forgets what is due; call it a few times a second. */
  tick(): void {
    const now = this.now();
    for (const [key, run] of this.runs) {
      for (const stream of run.streams.values()) {
        const drops = stream.expire(now);
        if (drops.length > 0) {
          this.dropped(stream, drops);
          this.freed(stream);
        }
        stream.session?.acknowledge(now);
      }
      const idleSince = run.idleSince(now);
      if (!this.#draining) this.#termination.look(run, idleSince, now);
      if (idleSince < now - this.options.limits.evictionTtl) {
        this.end(key, Code.unavailable, "nobody used the run", "evicted");
      }
    }
  }

  /** Everything that is held for steps. */
  *streamsOfAll(): Generator<StepStream> {
    for (const run of this.runs.values()) yield* run.streams.values();
  }

  /** Says in the log what was dropped since the last time. */
  announceDrops(): void {
    for (const stream of this.streamsOfAll()) this.#announce(stream);
  }

  /** Sends every connection a sign of life. */
  heartbeat(frame: { body: Uint8Array }): void {
    for (const { session } of this.streamsOfAll()) session?.send(frame);
  }

  /** No new streams from here on. */
  drain(): void {
    this.#draining = true;
  }

  /** Whether connected steps have got everything that there is for them. */
  get isDrained(): boolean {
    return [...this.runs.values()].every(({ isDrained }) => isDrained);
  }

  /** Ends every stream; what could not be delivered is counted as dropped. */
  close(detail: string): void {
    for (const key of [...this.runs.keys()]) this.end(key, Code.unavailable, detail, "timeout");
  }

  /** Ends every stream; what waits for its step stays. */
  disconnect(detail: string): void {
    for (const { session } of this.streamsOfAll()) session?.end(Code.unavailable, detail);
  }

  /** Ends the streams of one run, `namespace/name`, gives up what it still holds and forgets it. */
  end(key: string, code: Code, detail: string, reason: "timeout" | "evicted"): void {
    const run = this.runs.get(key);
    if (run === undefined) return;
    this.options.router.forget(run.plan, reason);
    const { checkpoints } = this.options;
    for (const stream of run.streams.values()) {
      stream.session?.end(code, detail);
      stream.detours?.clear(reason);
      // What is written down is not lost with the process.
      const isKept = reason === "timeout" && checkpoints?.holds(stream) === true;
      const drops = stream.outbound.clear(reason);
      if (!isKept) this.dropped(stream, drops);
      if (reason === "evicted") checkpoints?.forget(stream);
      this.#announce(stream);
    }
    this.runs.delete(key);
    this.monitor.ended(key, [...run.streams.keys()]);
  }

  /** Takes up what became of a run: its next packets go by what its Story says now. */
  async changed({ namespace, storyRun, what }: RunChange): Promise<void> {
    const key = `${namespace}/${storyRun}`;
    if (what === "gone") return this.end(key, Code.notFound, "the StoryRun is deleted", "evicted");
    const run = this.runs.get(key);
    // What cannot be planned is in the log, and the plan there was goes on.
    if (run !== undefined) {
      await readPlan(this.options, run.plan).then((plan) => run.plan = plan, () => {});
    }
  }

  #mayOpen(): void {
    if (this.#draining) throw new Refusal(Code.unavailable, "the hub is shutting down");
    if (this.#streams >= this.options.limits.maxStreams) {
      throw new Refusal(Code.resourceExhausted, "hub max active streams reached");
    }
  }

  #runOf({ runKey }: StepStream): HubRun | undefined {
    return this.runs.get(runKey);
  }

  /** Whether packets may wait for one more step that nobody is connected for. */
  readonly #mayBuffer = (): boolean => {
    let unconnected = 0;
    for (const { session } of this.streamsOfAll()) if (session === undefined) unconnected++;
    return unconnected < this.options.limits.maxBuffers;
  };

  #announce(stream: StepStream): void {
    const dropped = stream.announce();
    if (dropped === undefined) return;
    const { namespace, storyRun } = stream.run;
    const facts = { storyRun: `${namespace}/${storyRun}`, step: stream.id, dropped };
    this.options.logger("WARN", "packets dropped", facts);
  }

  /** One flush for everything that happens in a turn of the event loop: frames fill up. */
  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flush();
      this.#flushing = false;
    });
  }

  #flush(): void {
    while (this.#dirty.size > 0 || this.#freed.size > 0) {
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      for (const { session } of dirty) session?.pump();
      const freed = [...this.#freed];
      this.#freed.clear();
      for (const { waiting } of freed) {
        const waiters = [...waiting];
        waiting.clear();
        for (const waiter of waiters) waiter.proceed();
      }
    }
    for (const { session } of this.#settled) session?.acknowledge(this.now());
    this.#settled.clear();
  }
}
