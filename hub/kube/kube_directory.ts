import { ContractError } from "../../contracts/contract_error.ts";
import type { Engram, EngramTemplate, Transport } from "../../contracts/transport/resources.ts";
import type { StoryRun } from "../../contracts/transport/runs.ts";
import type { Story } from "../../contracts/transport/story.ts";
import type { Informer, InformerStatus } from "../../kube/informer.ts";
import { objectKey } from "../../kube/resources.ts";
import type { Seen } from "../../kube/seen.ts";
import type { RunObjects } from "../story/run_plan.ts";
import type { RunChange, StoryDirectory } from "../story/story_directory.ts";
import type { ClusterSource } from "./cluster_source.ts";
import { addressOf, type ObjectLookup } from "./object_lookup.ts";
import { engramKeysOf, StoryCaches, storyKeyOf } from "./story_caches.ts";

/**
 * Stories and runs of a cluster. What the watches have told is answered from memory, also while the
 * API server is away; what they have not told yet is asked for at once, since a connector may be
 * there before the news of its run.
 */
export class KubeDirectory implements StoryDirectory {
  readonly #caches: StoryCaches;
  readonly #lookup: ObjectLookup;

  constructor(source: ClusterSource, lookup: ObjectLookup) {
    this.#caches = new StoryCaches(source);
    this.#lookup = lookup;
  }

  get runs(): Informer<Seen<StoryRun>> {
    return this.#caches.runs;
  }

  /** How the watches stand, by kind. */
  get caches(): readonly { readonly kind: string; readonly status: InformerStatus }[] {
    return this.#caches.all;
  }

  /** Watches until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#caches.run(signal);
  }

  /**
   * @throws {ContractError} when an object is not what its kind should be
   * @throws {KubeError} when the API server has to be asked and cannot be
   */
  async find(namespace: string, storyRun: string): Promise<RunObjects | undefined> {
    const { runs, stories } = this.#caches;
    const run = await this.#get(runs, `${namespace}/${storyRun}`);
    // The streams of a run that is on its way out have been ended: none begins again.
    if (run === undefined || isGoing(run)) return undefined;
    const storyRunObject = valid(run, runs.kind);
    const seen = await this.#get(stories, storyKeyOf(run));
    if (seen === undefined) return undefined;
    const story = valid(seen, stories.kind);
    const [transports, engrams] = await Promise.all([
      this.#transports(story),
      this.#all(this.#caches.engrams, engramKeysOf(story)),
    ]);
    const templates = await this.#templates(engrams.values());
    return { storyRun: storyRunObject, story, transports, engrams, templates };
  }

  onChange(listener: (change: RunChange) => void): () => void {
    const tell = ({ metadata }: Seen<StoryRun>, what: RunChange["what"]) =>
      listener({ namespace: metadata.namespace ?? "", storyRun: metadata.name, what });
    const stops = [
      this.#caches.runs.onChange(({ object, previous }) => {
        if (previous !== undefined && previous.metadata.uid !== object?.metadata.uid) {
          if (!isGoing(previous)) tell(previous, "gone");
        } else if (object !== undefined && isGoing(object)) {
          if (previous === undefined || !isGoing(previous)) tell(object, "gone");
        } else if (previous?.metadata.generation !== object?.metadata.generation) {
          // Only the spec is planned from, and changes of it alone change the generation.
          if (object !== undefined && previous !== undefined) tell(object, "changed");
        }
      }),
      this.#caches.onPlanChange((run) => {
        if (!isGoing(run)) tell(run, "changed");
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  async #transports({ spec }: Story): Promise<Map<string, Transport>> {
    const names = spec.transports.map(({ transportRef }) => transportRef);
    return await this.#all(this.#caches.transports, names);
  }

  async #templates(engrams: Iterable<Engram>): Promise<Map<string, EngramTemplate>> {
    const names = [...engrams].map(({ spec }) => spec.templateRef?.name)
      .filter((name) => name !== undefined);
    return await this.#all(this.#caches.templates, names);
  }

  /** Those that there are; whoever plans the run knows what the absence of one means. */
  async #all<T>(informer: Informer<Seen<T>>, keys: readonly string[]): Promise<Map<string, T>> {
    const found = await Promise.all([...new Set(keys)].map(async (key) => {
      const seen = await this.#get(informer, key).catch((error) => {
        // A run that is known is carried while the API server is away: by what was known last.
        if (!informer.isSynced) throw error;
        return undefined;
      });
      return seen === undefined ? [] : [[key, valid(seen, informer.kind)] as const];
    }));
    return new Map(found.flat());
  }

  async #get<T>(informer: Informer<Seen<T>>, key: string): Promise<Seen<T> | undefined> {
    const cached = informer.get(key);
    if (cached !== undefined) return cached;
    const object = await this.#lookup.get({ gvr: informer.gvr, ...addressOf(key) });
    return object && informer.read(object);
  }
}

function isGoing({ metadata }: Seen<unknown>): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function valid<T>({ metadata, value, problem }: Seen<T>, kind: string): T {
  if (value !== undefined) return value;
  throw new ContractError(`${kind} ${objectKey(metadata)} is invalid: ${problem}`);
}
