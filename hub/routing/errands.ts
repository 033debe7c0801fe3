import { parseDuration } from "../../contracts/duration.ts";
import { METADATA } from "../../contracts/transport/names.ts";
import type { JsonObject } from "../../contracts/transport/packet.ts";
import { batchStepRun, jobOutput } from "../primitives/batch_step.ts";
import { childStoryRun, succeeded } from "../primitives/child_story.ts";
import { materializerRequest, materializerRun } from "../primitives/materializer.ts";
import type { RunConditions } from "../primitives/run_conditions.ts";
import type { StepStarter } from "../primitives/step_starter.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { type JsonObject as StructObject, jsonToStruct } from "../proto/struct.ts";
import type { Outcome } from "../server/router.ts";
import type { RunPlan } from "../story/run_plan.ts";
import { Cancelled, type Cycle } from "./cycles.ts";
import type { RoutingAction } from "./story_router.ts";

export interface ErrandOptions {
  /** Resolves after this many milliseconds, or when the signal fires. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds since the Unix epoch. */
  readonly unixNow: () => number;
  /** Starts the children of executeStory; without it that primitive fails. */
  readonly starter?: StoryStarter;
  /** Runs steps of batch engrams; without it a packet for one of them fails. */
  readonly steps?: StepStarter;
  /** The engram that fetches stored data for blocks; without it such a block fails. */
  readonly materializer?: string;
  /** Told of jobs that fail, and of children that do while nobody waits for them. */
  readonly conditions?: RunConditions;
}

/** How long a packet waits for a child or a job whose step says nothing, and a child is watched. */
const CHILD_TIMEOUT = 30 * 60_000;

/** Children that nobody waits for and whose end is still looked for; more than these are let go. */
const MAX_WATCHED = 1_000;

type Start = Extract<RoutingAction, { kind: "start" }>;
type Job = Extract<RoutingAction, { kind: "send" }>;
type Materialize = Extract<RoutingAction, { kind: "materialize" }>;
type Way = Pick<Start, "delay" | "after">;

/** What the primitives before a step came to, by their ids. */
export type Gates = Map<string, Promise<Outcome>>;

/** What a job is made of. */
export interface JobPacket {
  /** The step that put the packet out. */
  readonly upstream: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What the engram gets when its step has no block of its own. */
  readonly outputs: JsonObject;
}

/** What has to happen before a packet goes on: sleeps, and children that are started or waited for. */
export class Errands {
  /** Starts that are under way or done, by run and step. */
  readonly #materializers = new Map<string, Promise<void>>();
  #watched = 0;
  #lastToken = 0;

  constructor(readonly options: ErrandOptions) {}

  /**
   * Waits until a packet has come to a step.
   *
   * @returns what became of it on its way, or undefined when it is there
   */
  async reach({ delay, after }: Way, gates: Gates, cycle: Cycle): Promise<Outcome | undefined> {
    if (cycle.turn !== undefined) await Promise.race([cycle.turn, aborted(cycle.signal)]);
    if (delay > 0 && !cycle.signal.aborted) await this.options.wait(delay, cycle.signal);
    for (const step of after) {
      const outcome = await gates.get(step);
      if (outcome !== undefined && outcome.kind !== "done") return outcome;
    }
    return cycle.signal.aborted ? failure(cycle.signal.reason) : undefined;
  }

  /** Starts a child story and, when its step says so, waits for its end. Never rejects. */
  async start(
    plan: RunPlan,
    action: Start,
    gates: Gates,
    cycle: Cycle,
    messageId: string,
  ): Promise<Outcome> {
    try {
      const lost = await this.reach(action, gates, cycle);
      if (lost !== undefined) return lost;
      await this.#child(plan, action, cycle.signal, messageId);
      return { kind: "done" };
    } catch (error) {
      return failure(error);
    }
  }

  /** Has a batch engram process a packet, and waits for what it puts out. Never rejects. */
  async job(
    plan: RunPlan,
    action: Job,
    gates: Gates,
    cycle: Cycle,
    packet: JobPacket,
  ): Promise<Outcome> {
    try {
      const lost = await this.reach(action, gates, cycle);
      if (lost !== undefined) return lost;
      const output = jobOutput(await this.#process(plan, action, cycle.signal, packet));
      if (output === undefined) return { kind: "done" };
      return { kind: "output", packet: packetOf(output, packet.metadata) };
    } catch (error) {
      return failure(error);
    }
  }

  /** Sees to it that a step's materialiser runs, and asks it for the step's inputs. Never rejects. */
  async materialize(
    plan: RunPlan,
    action: Materialize,
    gates: Gates,
    cycle: Cycle,
  ): Promise<Outcome> {
    try {
      const lost = await this.reach(action, gates, cycle);
      if (lost !== undefined) return lost;
      await this.#startMaterializer(plan, action.step);
      const request = materializerRequest(action.template, action.vars);
      return { kind: "send", replacement: { inputs: jsonToStruct(request as StructObject) } };
    } catch (error) {
      return failure(error);
    }
  }

  /** Once for a step of a run; what could not be started is tried again with the next packet. */
  #startMaterializer(plan: RunPlan, target: string): Promise<void> {
    const { steps, materializer } = this.options;
    if (steps === undefined || materializer === undefined) {
      throw new Error(`step "${target}": nothing here fetches stored data`);
    }
    const { namespace, storyRun, uid, story } = plan;
    const key = [namespace, storyRun, uid, target].join("/");
    let started = this.#materializers.get(key);
    if (started === undefined) {
      const parent = { name: storyRun, namespace, uid };
      started = steps.start(materializerRun(parent, story.metadata.name, target, materializer));
      started.catch(() => this.#materializers.delete(key));
      this.#materializers.set(key, started);
      for (const oldest of this.#materializers.keys()) {
        if (this.#materializers.size <= MAX_WATCHED) break;
        this.#materializers.delete(oldest);
      }
    }
    return started;
  }

  async #process(
    plan: RunPlan,
    { step, inputs }: Job,
    signal: AbortSignal,
    { upstream, metadata, outputs }: JobPacket,
  ): Promise<unknown> {
    const { steps, conditions } = this.options;
    if (steps === undefined) throw new Error(`step "${step}": nothing here runs batch engrams`);
    const { namespace, storyRun, uid } = plan;
    const run = batchStepRun(
      { name: storyRun, namespace, uid },
      {
        story: plan.story.metadata.name,
        step,
        engram: plan.steps.get(step)?.step.ref?.name ?? "",
        upstream,
      },
      inputs ?? outputs,
      metadata[METADATA.messageId] || this.#token(),
    );
    const { name } = run.metadata;
    await steps.start(run);
    const { phase, output, message } = await this.within(
      stepTimeout(plan, step) ?? CHILD_TIMEOUT,
      signal,
      `step "${step}": ${name} did not end in time`,
      (limit) => steps.finished(namespace, name, limit),
    );
    if (succeeded(phase)) return output;
    const why = `step "${step}": ${name} ended as ${phase}${message ? `: ${message}` : ""}`;
    conditions?.degrade({ namespace, storyRun }, "ExecutionFailed", why);
    throw new Error(why);
  }

  async #child(
    plan: RunPlan,
    { step, child }: Start,
    signal: AbortSignal,
    messageId: string,
  ): Promise<void> {
    const { starter } = this.options;
    if (starter === undefined) throw new Error(`executeStory ${step}: nothing here starts stories`);
    const { namespace, storyRun, uid } = plan;
    const parent = { name: storyRun, namespace, uid };
    const run = childStoryRun(parent, step, child, messageId || this.#token());
    const { name } = run.metadata;
    await starter.start(run);
    if (!child.wait) {
      void this.#watch(plan, step, name);
      return;
    }
    const phase = await this.within(
      stepTimeout(plan, step) ?? CHILD_TIMEOUT,
      signal,
      `executeStory ${step}: ${name} did not end in time`,
      (limit) => starter.finished(namespace, name, limit),
    );
    if (!succeeded(phase)) throw new Error(`executeStory ${step}: ${name} ended as ${phase}`);
  }

  /** Looks for the end of a child that no packet waits for: its failure is the parent's to show. */
  async #watch(plan: RunPlan, step: string, name: string): Promise<void> {
    const { starter, conditions } = this.options;
    if (starter === undefined || conditions === undefined || this.#watched >= MAX_WATCHED) return;
    const { namespace, storyRun } = plan;
    this.#watched++;
    try {
      const never = new AbortController().signal;
      const phase = await this.within(
        CHILD_TIMEOUT,
        never,
        "",
        (limit) => starter.finished(namespace, name, limit),
      );
      if (succeeded(phase)) return;
      const message = `child story ${name} of step ${step} ended as ${phase}`;
      conditions.degrade({ namespace, storyRun }, "DependencyFailed", message);
    } catch {
      // It was deleted, or runs for longer than anybody looks: neither says that it failed.
    } finally {
      this.#watched--;
    }
  }

  /**
   * Does something that has to end in time.
   *
   * @param timeout milliseconds
   * @throws an error of this message when it does not; the signal's reason when that fires
   */
  async within<T>(
    timeout: number,
    signal: AbortSignal,
    message: string,
    work: (limit: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    const limit = new AbortController();
    const abort = () => limit.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    void this.options.wait(timeout, over.signal).then(() => {
      if (!over.signal.aborted) limit.abort(new Error(message));
    });
    try {
      return await Promise.race([work(limit.signal), aborted(limit.signal, true)]);
    } finally {
      over.abort();
      signal.removeEventListener("abort", abort);
    }
  }

  /** Tells the children of packets without an id apart: milliseconds, no two the same. */
  #token(): string {
    this.#lastToken = Math.max(Math.trunc(this.options.unixNow()), this.#lastToken + 1);
    return String(this.#lastToken);
  }
}

/** How long a step may take, in milliseconds; undefined when neither it nor its Story says. */
export function stepTimeout(plan: RunPlan, step: string): number | undefined {
  const text = plan.steps.get(step)?.step.execution?.timeout ??
    plan.story.spec.policy?.timeouts?.step;
  return text === undefined ? undefined : parseDuration(text);
}

/** What a job put out, under the message that it was for. */
function packetOf(payload: JsonObject, metadata: Readonly<Record<string, string>>): Packet {
  return Packet.read(
    encode(DataPacket, {
      metadata: { ...metadata },
      payload: jsonToStruct(payload as StructObject),
    }),
  );
}

/** What an error on a packet's way means for the packet. */
export function failure(error: unknown): Outcome {
  if (error instanceof Cancelled) return { kind: "dropped", reason: error.reason };
  return { kind: "failed", error: error instanceof Error ? error : new Error(String(error)) };
}

/** Resolves, or rejects with its reason, when a signal fires. */
function aborted(signal: AbortSignal): Promise<void>;
function aborted(signal: AbortSignal, rejects: true): Promise<never>;
function aborted(signal: AbortSignal, rejects = false): Promise<unknown> {
  return new Promise<void>((resolve, reject) => {
    const done = () => rejects ? reject(signal.reason) : resolve();
    if (signal.aborted) done();
    else signal.addEventListener("abort", done, { once: true });
  });
}
