import { type Clock, systemClock } from "../../contracts/clock.ts";
import { LABELS } from "../../contracts/transport/names.ts";
import { RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import {
  type StepRun,
  stepRunSchema,
  type StoryRun,
  TERMINAL_PHASES,
} from "../../contracts/transport/runs.ts";
import { KubeError } from "../../kube/errors.ts";
import { Informer } from "../../kube/informer.ts";
import type { ObjectWriter } from "../../kube/object_writer.ts";
import type { KubeObject } from "../../kube/resources.ts";
import { type Seen, seenBy } from "../../kube/seen.ts";
import type { FinishedStep, StepStarter } from "../primitives/step_starter.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import { type ClusterSource, watched } from "./cluster_source.ts";
import { objectEnd } from "./object_end.ts";
import type { ObjectLookup } from "./object_lookup.ts";
import { retried } from "./retry.ts";

const ATTEMPTS = 4;
const PAUSE_MS = 200;

export interface KubeStarterOptions {
  readonly source: ClusterSource;
  readonly writer: ObjectWriter;
  readonly lookup: ObjectLookup;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** What stories and jobs have in common: made once, and waited for by the watch. */
class KubeStarter {
  constructor(protected readonly options: KubeStarterOptions) {}

  protected async create(kind: "StoryRun" | "StepRun", run: StoryRun | StepRun): Promise<void> {
    const { writer, signal, source } = this.options;
    // Tried again, it may find that the first attempt was taken after all.
    await retried(async () => {
      try {
        await writer.create(RESOURCES[kind], run as KubeObject, { signal });
      } catch (error) {
        if (error instanceof KubeError && error.reason === "AlreadyExists") return;
        throw error;
      }
    }, { attempts: ATTEMPTS, pauseMs: PAUSE_MS, clock: source.clock ?? systemClock, signal });
  }

  protected end<T, R>(
    informer: Informer<Seen<T>>,
    key: string,
    signal: AbortSignal,
    endOf: (object: T) => R | undefined,
  ): Promise<R> {
    const { lookup, source, signal: stop } = this.options;
    return objectEnd({
      informer,
      lookup,
      key,
      endOf,
      signal: AbortSignal.any([signal, stop]),
      clock: source.clock ?? systemClock satisfies Clock,
    });
  }
}

/** Starts child stories as StoryRuns of the cluster. */
export class KubeStoryStarter extends KubeStarter implements StoryStarter {
  constructor(options: KubeStarterOptions, private readonly runs: Informer<Seen<StoryRun>>) {
    super(options);
  }

  start(run: StoryRun): Promise<void> {
    return this.create("StoryRun", run);
  }

  finished(namespace: string, name: string, signal: AbortSignal): Promise<string> {
    return this.end(
      this.runs,
      `${namespace}/${name}`,
      signal,
      ({ status }) => terminal(status?.phase),
    );
  }
}

/** Runs steps as StepRuns of the cluster; only those that hubs make are watched. */
export class KubeStepStarter extends KubeStarter implements StepStarter {
  readonly informer: Informer<Seen<StepRun>>;

  constructor(options: KubeStarterOptions) {
    super(options);
    this.informer = new Informer({
      ...watched(options.source, "StepRun"),
      labelSelector: `${LABELS.hybrid}=true`,
      read: seenBy(stepRunSchema),
    });
  }

  start(run: StepRun): Promise<void> {
    return this.create("StepRun", run);
  }

  finished(namespace: string, name: string, signal: AbortSignal): Promise<FinishedStep> {
    return this.end(this.informer, `${namespace}/${name}`, signal, ({ status }) => {
      const phase = terminal(status?.phase);
      if (phase === undefined) return undefined;
      const output = status?.output;
      const said = status?.error?.message || status?.lastFailureMsg;
      return {
        phase,
        ...(output === undefined ? {} : { output }),
        ...(said ? { message: said } : {}),
      };
    });
  }
}

function terminal(phase: string | undefined): string | undefined {
  return phase !== undefined && TERMINAL_PHASES.has(phase) ? phase : undefined;
}
