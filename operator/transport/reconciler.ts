import type { Logger } from "../../contracts/logger.ts";
import { KubeError } from "../../kube/errors.ts";
import type { ObjectWriter } from "../../kube/object_writer.ts";
import { objectKey } from "../../kube/resources.ts";
import type { ReconcileResult } from "../runtime/controller.ts";
import type { EventRecorder } from "../runtime/event_recorder.ts";
import type { TransportCaches } from "./caches.ts";
import { decide, decideFailure } from "./decide.ts";
import type { Announcement, Decision, DecisionContext, Write } from "./decision.ts";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import { type Kind, RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import type { SeenRun } from "./seen.ts";

/** What is told about each decision, for metrics. */
export interface TransportMonitor {
  /** Bindings were waited for, in seconds, until now (`pending`) or in all (`ready`). */
  bindingsWaited(phase: "pending" | "ready", seconds: number): void;
  /** An Engram says otherwise than before whether its transport is ready; false only when its run goes. */
  engramTold(namespace: string, ready: boolean): void;
}

export interface TransportReconcilerOptions extends Omit<DecisionContext, "now"> {
  readonly caches: TransportCaches;
  readonly writer: ObjectWriter;
  readonly recorder: EventRecorder;
  readonly log: Logger;
  readonly monitor?: TransportMonitor;
  /** Whether one is still in charge; asked before each write. */
  readonly isInCharge?: () => boolean;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

/** Brings runs to where {@linkcode decide} wants them. */
export class TransportReconciler {
  readonly #options: TransportReconcilerOptions;

  constructor(options: TransportReconcilerOptions) {
    this.#options = options;
  }

  /** @throws {KubeError} when a write fails; it is tried again */
  readonly reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const { caches, monitor, hubEndpoint, readyHubs, peerHost, now = Date.now } = this.#options;
    const seen = caches.see(key);
    if (seen === undefined) return {};
    const context = {
      hubEndpoint,
      peerHost,
      now: now(),
      ...(readyHubs === undefined ? {} : { readyHubs }),
    };
    const decision = decide(seen, context);
    try {
      await this.#write(decision.writes, signal);
    } catch (error) {
      if (isVerdict(error)) await this.#fail(seen, error, context, signal);
      throw error;
    }
    for (const announcement of decision.announcements) await this.#announce(announcement, signal);
    this.#measure(decision, monitor);
    const { requeueAfterMs } = decision;
    return requeueAfterMs === undefined ? {} : { requeueAfterMs };
  };

  async #write(writes: readonly Write[], signal: AbortSignal): Promise<void> {
    // Two writes of one object: the second is of the version that the first made.
    const versions = new Map<string, string>();
    for (const write of writes) {
      try {
        await this.#writeOne(write, versions, signal);
      } catch (error) {
        if (write.kind === "Engram" && isVerdict(error)) {
          await this.#announce({
            kind: "Engram",
            object: write.object,
            type: "Warning",
            reason: "EngramTransportAnnotationFailed",
            message: error.message,
          }, signal);
        }
        if (write.optional !== true || signal.aborted || isConflict(error)) throw error;
        const { code, message } = error as KubeError;
        this.#options.log("WARN", "write failed, going on without it", {
          kind: write.kind,
          object: objectKey(write.object),
          code,
          err: message,
        });
      }
    }
  }

  async #writeOne(
    { verb, kind, object, subresource, body }: Write,
    versions: Map<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { writer, caches, monitor, isInCharge = () => true } = this.#options;
    if (!isInCharge()) throw new KubeError("conflict", `not in charge of ${kind} any longer`);
    const { name, namespace, uid = "", resourceVersion = "" } = object;
    const id = `${kind} ${objectKey(object)}`;
    const address = { gvr: RESOURCES[kind], name, namespace };
    const options = { signal, ...(subresource === undefined ? {} : { subresource }) };
    // Also with apply: a write that the network has held back may arrive when another leads.
    const version = versions.get(id) ?? resourceVersion;
    const applied = {
      ...body,
      kind,
      metadata: { ...body.metadata, uid, resourceVersion: version },
    };
    const written = await asConflictWhenGone(
      verb === "apply"
        ? writer.apply(address, applied, options)
        : writer.mergePatch(address, version, { ...body }, options),
    );
    if (written.metadata.resourceVersion !== undefined) {
      versions.set(id, written.metadata.resourceVersion);
    }
    caches.all.find((informer) => informer.kind === kind)?.note(written);
    if (kind !== "Engram") return;
    const before = object.annotations?.[ANNOTATIONS.ready];
    const ready = body.metadata?.annotations?.[ANNOTATIONS.ready];
    if (ready !== undefined && ready !== before) {
      monitor?.engramTold(namespace ?? "", ready === "true");
    }
  }

  async #fail(
    seen: SeenRun,
    error: KubeError,
    context: DecisionContext,
    signal: AbortSignal,
  ): Promise<void> {
    // What was written before the failure has changed the run: look again.
    const current = this.#options.caches.see(objectKey(seen.run.metadata));
    if (current === undefined) return;
    const { writes, announcements } = decideFailure(current, error.message, context);
    await this.#write(writes.map((write) => ({ ...write, optional: true })), signal);
    for (const announcement of announcements) await this.#announce(announcement, signal);
  }

  async #announce({ kind, object, ...event }: Announcement, signal: AbortSignal): Promise<void> {
    const { recorder, isInCharge = () => true } = this.#options;
    if (!isInCharge()) return;
    const { group, version } = RESOURCES[kind];
    await recorder.record({
      ...event,
      action: "ReconcileTransport",
      regarding: { apiVersion: `${group}/${version}`, kind: kind satisfies Kind, metadata: object },
    }, signal);
  }

  #measure({ phase, waitedMs, announcements }: Decision, monitor?: TransportMonitor): void {
    if (waitedMs === undefined) return;
    if (phase === "pending") monitor?.bindingsWaited("pending", waitedMs / 1000);
    else if (announcements.length > 0) monitor?.bindingsWaited("ready", waitedMs / 1000);
  }
}

/**
 * Whether an error is about what was asked, and so worth to be shown on the run; an API server that
 * cannot be reached or is busy says nothing about the run.
 */
function isVerdict(error: unknown): error is KubeError {
  return error instanceof KubeError &&
    ["invalid-request", "forbidden", "bad-response", "crd-missing"].includes(error.code);
}

function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.code === "conflict";
}

/** An object that is gone was gone before the write: the news is on its way. */
async function asConflictWhenGone<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== "not-found") throw error;
    throw new KubeError("conflict", error.message, { status: 404, cause: error });
  }
}
