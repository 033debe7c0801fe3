import { systemClock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import { type Kind, RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import { handoffStatus, stepRunSchema, storyRunSchema } from "../../contracts/transport/runs.ts";
import { type ConditionSpec, findCondition, setConditions } from "../../kube/conditions.ts";
import { KubeError } from "../../kube/errors.ts";
import { getObject } from "../../kube/get_object.ts";
import type { ObjectWriter } from "../../kube/object_writer.ts";
import type { KubeObject } from "../../kube/resources.ts";
import type { HandoffReport, HandoffReporter } from "../primitives/handoff_reporter.ts";
import type { DegradedReason, RunConditions, RunKey } from "../primitives/run_conditions.ts";
import type { ClusterSource } from "./cluster_source.ts";
import { retried } from "./retry.ts";

/** About ten minutes in all: an API server that is upgraded is away for less. */
const ATTEMPTS = 25;
const PAUSE_MS = 500;
/** Reports of one object that may wait while the API server is away. */
const MAX_WAITING = 16;

/** What a run says while neither the operator nor bobrapet has looked at it. */
const UNKNOWN: ConditionSpec = {
  type: "Ready",
  status: "Unknown",
  reason: "Reconciling",
  message: "Not looked at yet",
};

/** The status that an object should have, or undefined when it has. */
type StatusChange = (object: KubeObject) => Readonly<Record<string, unknown>> | undefined;

export interface KubeReportsOptions {
  readonly source: ClusterSource;
  readonly writer: ObjectWriter;
  readonly logger: Logger;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** Writes what becomes of runs and steps into their statuses, one after the other for each object. */
export class KubeReports implements HandoffReporter, RunConditions {
  readonly #options: KubeReportsOptions;
  /** By object: what is still to be told. */
  readonly #waiting = new Map<string, StatusChange[]>();

  constructor(options: KubeReportsOptions) {
    this.#options = options;
  }

  report({ namespace, stepRun, handoff }: HandoffReport): void {
    // The latest is enough.
    this.#tell("StepRun", namespace, stepRun, (object) => {
      const before = stepRunSchema.safeParse(object).data?.status;
      return { ...handoffStatus(before, handoff) };
    }, true);
  }

  degrade({ namespace, storyRun }: RunKey, reason: DegradedReason, message: string): void {
    this.#condition(namespace, storyRun, () => ({
      type: "Degraded",
      status: "True",
      reason,
      message,
    }));
  }

  recover({ namespace, storyRun }: RunKey, reason: DegradedReason, message: string): void {
    this.#condition(
      namespace,
      storyRun,
      (current) =>
        current?.status === "True" && current.reason === reason
          ? { type: "Degraded", status: "False", reason: "Recovered", message }
          : undefined,
    );
  }

  #condition(
    namespace: string,
    storyRun: string,
    wanted: (current: ReturnType<typeof findCondition>) => ConditionSpec | undefined,
  ): void {
    const { clock = systemClock } = this.#options.source;
    this.#tell("StoryRun", namespace, storyRun, (object) => {
      const run = storyRunSchema.safeParse(object);
      if (!run.success) return undefined;
      const before = run.data.status?.conditions ?? [];
      const spec = wanted(findCondition(before, "Degraded"));
      if (spec === undefined) return undefined;
      const context = { now: clock.now(), generation: object.metadata.generation };
      // The CRD takes no conditions without Ready. Whoever it belongs to takes it over from here.
      const specs = findCondition(before, "Ready") === undefined ? [UNKNOWN, spec] : [spec];
      const conditions = setConditions(before, specs, context);
      return conditions === before ? undefined : { conditions };
    });
  }

  #tell(
    kind: Kind,
    namespace: string,
    name: string,
    change: StatusChange,
    replaces = false,
  ): void {
    const id = `${kind} ${namespace}/${name}`;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      this.#waiting.set(id, [change]);
      void this.#work(id, { gvr: RESOURCES[kind], namespace, name });
      return;
    }
    if (replaces) waiting.length = 0;
    waiting.push(change);
    if (waiting.length > MAX_WAITING) waiting.shift();
  }

  async #work(id: string, address: Parameters<typeof getObject>[0]): Promise<void> {
    const { logger, signal, source: { client, clock = systemClock }, writer } = this.#options;
    const waiting = this.#waiting.get(id) ?? [];
    for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
      const apply = change;
      try {
        await retried(async () => {
          const object = await getObject(address, { client, signal });
          const status = object && apply(object);
          if (object === undefined || status === undefined) return;
          const { resourceVersion = "" } = object.metadata;
          await writer.mergePatch(address, resourceVersion, { status }, {
            signal,
            subresource: "status",
          });
        }, { attempts: ATTEMPTS, pauseMs: PAUSE_MS, clock, signal });
      } catch (error) {
        const isGone = error instanceof KubeError && error.code === "not-found";
        if (!isGone && !signal.aborted) logger("WARN", `${id} cannot be told`, { err: error });
      }
    }
    this.#waiting.delete(id);
  }
}
