import { loadAll } from "js-yaml";
import { ContractError } from "../../contracts/contract_error.ts";
import { parse } from "../../contracts/transport/parse.ts";
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
import type { RunObjects } from "./run_plan.ts";
import type { StoryDirectory } from "./story_directory.ts";

/** Stories, runs, transports and engrams from one YAML text of several documents; other kinds are left out. */
export class FileDirectory implements StoryDirectory {
  readonly #stories = new Map<string, Story>();
  readonly #runs = new Map<string, StoryRun>();
  readonly #transports = new Map<string, Transport>();
  readonly #engrams = new Map<string, Engram>();
  readonly #templates = new Map<string, EngramTemplate>();

  /**
   * @param text YAML (or JSON) documents
   * @throws {ContractError} naming the document and field that are wrong
   */
  constructor(text: string) {
    for (const [index, document] of documents(text).entries()) {
      const what = `document ${index + 1}`;
      const kind = typeof document === "object" && document !== null && "kind" in document
        ? document.kind
        : undefined;
      if (kind === "Story") {
        const story = parse(storySchema, document, what);
        this.#stories.set(key(story.metadata), story);
      } else if (kind === "StoryRun") {
        const run = parse(storyRunSchema, document, what);
        this.#runs.set(key(run.metadata), run);
      } else if (kind === "Transport") {
        const transport = parse(transportSchema, document, what);
        this.#transports.set(transport.metadata.name, transport);
      } else if (kind === "Engram") {
        const engram = parse(engramSchema, document, what);
        this.#engrams.set(key(engram.metadata), engram);
      } else if (kind === "EngramTemplate") {
        const template = parse(engramTemplateSchema, document, what);
        this.#templates.set(template.metadata.name, template);
      }
    }
  }

  get runs(): readonly StoryRun[] {
    return [...this.#runs.values()];
  }

  find(namespace: string, name: string): Promise<RunObjects | undefined> {
    const storyRun = this.#runs.get(key({ namespace, name }));
    if (storyRun === undefined) return Promise.resolve(undefined);
    const { storyRef } = storyRun.spec;
    const story = this.#stories.get(
      key({ namespace: storyRef.namespace ?? namespace, name: storyRef.name }),
    );
    if (story === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      storyRun,
      story,
      transports: this.#transports,
      engrams: this.#engrams,
      templates: this.#templates,
    });
  }
}

function key({ namespace = "default", name }: { namespace?: string | undefined; name: string }) {
  return `${namespace}/${name}`;
}

function documents(text: string): unknown[] {
  try {
    return loadAll(text) as unknown[];
  } catch (cause) {
    throw new ContractError(`is no YAML: ${(cause as Error).message}`, { cause });
  }
}
