import {
  type Engram,
  engramSchema,
  type EngramTemplate,
  engramTemplateSchema,
  type Transport,
  transportSchema,
} from "../../contracts/transport/resources.ts";
import { type StoryRun, storyRunSchema } from "../../contracts/transport/runs.ts";
import { type Story, storySchema } from "../../contracts/transport/story.ts";
import { Informer } from "../../kube/informer.ts";
import { objectKey } from "../../kube/resources.ts";
import { type Seen, seenBy } from "../../kube/seen.ts";
import { type ClusterSource, watched } from "./cluster_source.ts";

/** The objects that runs are planned from, as the cluster has them. */
export class StoryCaches {
  readonly runs: Informer<Seen<StoryRun>>;
  readonly stories: Informer<Seen<Story>>;
  readonly transports: Informer<Seen<Transport>>;
  readonly engrams: Informer<Seen<Engram>>;
  readonly templates: Informer<Seen<EngramTemplate>>;

  constructor(source: ClusterSource) {
    this.runs = new Informer({
      ...watched(source, "StoryRun"),
      read: seenBy(storyRunSchema),
      indexes: { story: (run) => [storyKeyOf(run)] },
    });
    this.stories = new Informer({
      ...watched(source, "Story"),
      read: seenBy(storySchema),
      indexes: {
        transport: ({ value }) =>
          value?.spec.transports.map(({ transportRef }) => transportRef) ?? [],
        engram: ({ value }) => value === undefined ? [] : engramKeysOf(value),
      },
    });
    this.transports = new Informer({
      ...watched(source, "Transport"),
      read: seenBy(transportSchema),
    });
    this.engrams = new Informer({
      ...watched(source, "Engram"),
      read: seenBy(engramSchema),
      indexes: { template: ({ value }) => [value?.spec.templateRef?.name ?? ""] },
    });
    this.templates = new Informer({
      ...watched(source, "EngramTemplate"),
      read: seenBy(engramTemplateSchema),
    });
  }

  get all() {
    return [this.runs, this.stories, this.transports, this.engrams, this.templates] as const;
  }

  /** Watches everything until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.all.map((informer) => informer.run(signal)));
  }

  /** Calls back with each run that a change of anything else concerns. Returns the way to stop it. */
  onPlanChange(listener: (run: Seen<StoryRun>) => void): () => void {
    const ofStories = (stories: readonly Seen<Story>[]) => {
      for (const { metadata } of stories) {
        this.runs.by("story", objectKey(metadata)).forEach(listener);
      }
    };
    const stops = [
      this.stories.onChange(({ object, previous }) => {
        // The status of a Story changes with every run; no plan is made of it.
        if (object?.metadata.generation !== previous?.metadata.generation) {
          ofStories([object ?? previous].filter((story) => story !== undefined));
        }
      }),
      this.transports.onChange(({ key }) => ofStories(this.stories.by("transport", key))),
      this.engrams.onChange(({ key }) => ofStories(this.stories.by("engram", key))),
      this.templates.onChange(({ key }) => {
        for (const { metadata } of this.engrams.by("template", key)) {
          ofStories(this.stories.by("engram", objectKey(metadata)));
        }
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }
}

/** `namespace/name` of the Story that a run is of. */
export function storyKeyOf({ metadata, value }: Seen<StoryRun>): string {
  const ref = value?.spec.storyRef;
  return `${ref?.namespace || metadata.namespace}/${ref?.name ?? ""}`;
}

/** `namespace/name` of the engrams that a Story names. */
export function engramKeysOf({ metadata, spec }: Story): string[] {
  return spec.steps.flatMap(({ ref }) =>
    ref === undefined ? [] : [`${ref.namespace ?? metadata.namespace ?? ""}/${ref.name}`]
  );
}
