import type { Clock } from "../../contracts/clock.ts";
import {
  type Engram,
  engramSchema,
  type Transport,
  type TransportBinding,
  transportBindingSchema,
  transportSchema,
} from "../../contracts/transport/resources.ts";
import {
  type StepRun,
  stepRunSchema,
  type StoryRun,
  storyRunSchema,
} from "../../contracts/transport/runs.ts";
import { type Story, storySchema } from "../../contracts/transport/story.ts";
import type { KubeFetch } from "../../kube/client.ts";
import type { ReflectorState } from "../../kube/reflector.ts";
import { objectKey } from "../../kube/resources.ts";
import { Informer } from "../../kube/informer.ts";
import { type Kind, RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import { type Seen, seenBy } from "../../kube/seen.ts";
import type { SeenRun } from "./seen.ts";
import { mayBeWorkloadOf } from "./workload_name.ts";

export interface CachesOptions {
  readonly client: { readonly fetch: KubeFetch };
  /** One namespace; all of them when absent. */
  readonly namespace?: string | undefined;
  readonly onState?: (kind: Kind, state: ReflectorState) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * What belongs to a run changes in bursts: bobrapet makes the bindings of all its steps, their
 * connectors come up together. So long the rest of a burst is waited for, so that it costs one
 * write of the run's status and not one a step.
 */
const BURST_MS = 50;

/** All objects that the transport controller reads, and which runs each of them concerns. */
export class TransportCaches {
  readonly runs: Informer<Seen<StoryRun>>;
  readonly stepRuns: Informer<Seen<StepRun>>;
  readonly stories: Informer<Seen<Story>>;
  readonly engrams: Informer<Seen<Engram>>;
  readonly transports: Informer<Seen<Transport>>;
  readonly bindings: Informer<Seen<TransportBinding>>;

  constructor(options: CachesOptions) {
    const { client, namespace, onState, clock, random } = options;
    const common = (kind: Kind) => ({
      kind,
      gvr: RESOURCES[kind],
      // Transports belong to no namespace.
      namespace: kind === "Transport" ? undefined : namespace,
      client,
      onState: (state: ReflectorState) => onState?.(kind, state),
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
    this.runs = new Informer({
      ...common("StoryRun"),
      read: seenBy(storyRunSchema),
      indexes: { story: (run) => [storyKeyOf(run)] },
    });
    this.stepRuns = new Informer({
      ...common("StepRun"),
      read: seenBy(stepRunSchema),
      indexes: { run: ({ metadata, value }) => runKey(metadata, value?.spec.storyRunRef) },
    });
    this.stories = new Informer({
      ...common("Story"),
      read: seenBy(storySchema),
      indexes: {
        engram: ({ metadata, value }) =>
          value?.spec.steps.flatMap(({ ref }) =>
            ref === undefined ? [] : [`${ref.namespace ?? metadata.namespace ?? ""}/${ref.name}`]
          ) ?? [],
        transport: ({ value }) =>
          value?.spec.transports.map(({ transportRef }) => transportRef) ?? [],
      },
    });
    this.engrams = new Informer({ ...common("Engram"), read: seenBy(engramSchema) });
    this.transports = new Informer({ ...common("Transport"), read: seenBy(transportSchema) });
    this.bindings = new Informer({
      ...common("TransportBinding"),
      read: seenBy(transportBindingSchema),
      indexes: { run: ({ metadata, value }) => runKey(metadata, value?.spec.storyRunRef) },
    });
  }

  get all() {
    return [
      this.runs,
      this.stepRuns,
      this.stories,
      this.engrams,
      this.transports,
      this.bindings,
    ] as const;
  }

  get isSynced(): boolean {
    return this.all.every(({ isSynced }) => isSynced);
  }

  /** Watches everything until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.all.map((informer) => informer.run(signal)));
  }

  /**
   * Calls back with the key of each run that a change may concern, and with the milliseconds that
   * it is worth waiting for more of the kind. Returns the way to stop it.
   */
  onRunChange(enqueue: (key: string, delayMs?: number) => void): () => void {
    const ofStories = (stories: readonly Seen<unknown>[]) => {
      for (const { metadata } of stories) {
        for (const run of this.runs.by("story", objectKey(metadata))) {
          enqueue(objectKey(run.metadata));
        }
      }
    };
    const stops = [
      this.runs.onChange(({ key }) => enqueue(key)),
      this.stories.onChange(({ object, previous }) =>
        ofStories([object ?? previous].filter((story) => story !== undefined))
      ),
      this.transports.onChange(({ key }) => ofStories(this.stories.by("transport", key))),
      this.engrams.onChange(({ key, object, previous }) => {
        ofStories(this.stories.by("engram", key));
        const { namespace, name } = (object ?? previous)?.metadata ?? {};
        if (name === undefined) return;
        for (const run of this.runs.keys) {
          const [runNamespace, runName = ""] = run.split("/");
          if (runNamespace === namespace && mayBeWorkloadOf(name, runName)) enqueue(run, BURST_MS);
        }
      }),
      ...[this.bindings, this.stepRuns].map((informer) =>
        informer.onChange(({ object, previous }) => {
          for (const { metadata, value } of [object, previous].filter((one) => one !== undefined)) {
            for (const key of runKey(metadata, value?.spec.storyRunRef)) enqueue(key, BURST_MS);
          }
        })
      ),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Everything that is known of a run; undefined when there is no such run. */
  see(key: string): SeenRun | undefined {
    const run = this.runs.get(key);
    if (run === undefined) return undefined;
    const storyKey = storyKeyOf(run);
    return {
      run,
      storyKey,
      story: this.stories.get(storyKey),
      bindings: this.bindings.by("run", key),
      stepRuns: this.stepRuns.by("run", key),
      transport: (name) => this.transports.get(name),
      engram: (namespace, name) => this.engrams.get(`${namespace}/${name}`),
    };
  }
}

function storyKeyOf({ metadata, value }: Seen<StoryRun>): string {
  const ref = value?.spec.storyRef;
  return `${ref?.namespace || metadata.namespace}/${ref?.name ?? ""}`;
}

function runKey(
  { namespace }: { readonly namespace?: string },
  ref: { readonly name: string } | undefined,
): string[] {
  return ref === undefined ? [] : [`${namespace}/${ref.name}`];
}
