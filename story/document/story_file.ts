import type { z } from "zod";
import { isObject } from "../../contracts/transport/parse.ts";
import { type Transport, transportSchema } from "../../contracts/transport/resources.ts";
import { type StoryRun, storyRunSchema } from "../../contracts/transport/runs.ts";
import { type Story, storySchema } from "../../contracts/transport/story.ts";
import { type LocalEngram, localEngramSchema } from "./engram.ts";
import { type Path, readDocuments, type SourceDocument } from "./source_document.ts";
import { StoryError } from "./story_error.ts";

/** Everything that a file says about one Story and how to run it here. */
export interface StoryFile {
  readonly story: Story;
  /** The file's, or one that is made up. */
  readonly run: StoryRun;
  readonly transports: ReadonlyMap<string, Transport>;
  readonly engrams: ReadonlyMap<string, LocalEngram>;
  /** What is wrong with a field of the Story, with the place where it stands. */
  fault(path: Path, message: string): StoryError;
}

const KINDS = ["Story", "StoryRun", "Transport", "Engram"];

/**
 * Reads a file with one Story, the Engrams that it refers to, and maybe Transports and a StoryRun.
 *
 * @param file its name, for errors
 * @throws {StoryError} naming the line and field that are wrong
 */
export function readStoryFile(text: string, file: string): StoryFile {
  const found: { story?: Story; source?: SourceDocument; run?: StoryRun } = {};
  const transports = new Map<string, Transport>();
  const engrams = new Map<string, LocalEngram>();
  for (const source of readDocuments(text, file)) {
    // Nothing between two separators, as after the last one.
    if (source.value === null || source.value === undefined) continue;
    const kind = isObject(source.value) ? source.value["kind"] : undefined;
    const once = (known: unknown) => {
      if (known === undefined) return;
      throw new StoryError(`${file}:${source.lineOf(["kind"])}: there is a ${kind} already`);
    };
    if (kind === "Story") {
      once(found.story);
      found.story = check(storySchema, source, file);
      found.source = source;
    } else if (kind === "StoryRun") {
      once(found.run);
      found.run = check(storyRunSchema, source, file);
    } else if (kind === "Transport") {
      const transport = check(transportSchema, source, file);
      transports.set(transport.metadata.name, transport);
    } else if (kind === "Engram") {
      const { name, engram } = check(localEngramSchema, source, file);
      once(engrams.get(name));
      engrams.set(name, engram);
    } else {
      throw new StoryError(
        `${file}:${source.lineOf(["kind"])}: kind must be ${KINDS.slice(0, -1).join(", ")} or ${
          KINDS.at(-1)
        }, not ${JSON.stringify(kind ?? null)}`,
      );
    }
  }
  const { story, source, run } = found;
  if (story === undefined || source === undefined) {
    throw new StoryError(`${file}: has no Story (a document with kind: Story)`);
  }
  if (run !== undefined && run.spec.storyRef.name !== story.metadata.name) {
    throw new StoryError(
      `${file}: the StoryRun is of Story "${run.spec.storyRef.name}", the file has "${story.metadata.name}"`,
    );
  }
  return {
    story,
    run: run ?? madeUp(story),
    transports,
    engrams,
    fault: (path, message) => fault(source, file, path, message),
  };
}

function check<T extends z.ZodType>(
  schema: T,
  source: SourceDocument,
  file: string,
): z.output<T> {
  const result = schema.safeParse(source.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw fault(source, file, issue?.path ?? [], issue?.message ?? "is invalid");
}

function fault(source: SourceDocument, file: string, path: Path, message: string): StoryError {
  const field = path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`)
    .join("").replace(/^\./, "");
  const place = `${file}:${source.lineOf(path)}`;
  return new StoryError(field === "" ? `${place}: ${message}` : `${place}: ${field}: ${message}`);
}

function madeUp({ metadata: { name, namespace } }: Story): StoryRun {
  return {
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StoryRun",
    metadata: { name: `${name}-local`, ...(namespace === undefined ? {} : { namespace }) },
    spec: { storyRef: { name } },
  };
}
