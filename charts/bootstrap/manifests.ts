import { load } from "js-yaml";
import type { Dependencies, Waiting } from "./dependencies.ts";

/** A file that the audit reads: its path under `charts/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What is found in the manifests, and what is wrong with them by themselves. */
export interface Found {
  readonly dependencies: Dependencies;
  readonly problems: readonly string[];
}

interface Release {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly dependsOn?: readonly { readonly name: string }[];
    readonly chart: { readonly spec: { readonly chart: string; readonly version: string } };
  };
}

interface Blueprint {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly depends?: readonly { readonly blueprint: string }[] };
}

const SLOT_LABEL = "catalyst.openova.io/slot";

/**
 * Reads the HelmRelease of each slot and each blueprint.
 *
 * @param versions of our charts, by name: a slot that pins another installs what nobody tested
 */
export function readManifests(
  slots: readonly SourceFile[],
  blueprints: readonly SourceFile[],
  versions: ReadonlyMap<string, string>,
): Found {
  const dependencies = new Map<string, Waiting>();
  const problems: string[] = [];
  const add = (path: string, name: string, waiting: Waiting) => {
    if (dependencies.has(name)) problems.push(`${path}: ${name} is there twice`);
    dependencies.set(name, waiting);
  };
  for (const { path, text } of slots) {
    const slot = Number(/(\d+)-[^/]*$/.exec(path)?.[1]);
    const releases = documents(text).filter(({ kind }) => kind === "HelmRelease");
    const [release] = releases;
    if (release === undefined || releases.length > 1) {
      problems.push(`${path} has ${releases.length} HelmReleases, expected one`);
      continue;
    }
    const { metadata, spec } = release;
    const label = metadata.labels?.[SLOT_LABEL];
    if (label !== String(slot)) {
      problems.push(`${path}: label ${SLOT_LABEL} is ${label ?? "missing"}, expected "${slot}"`);
    }
    if (!path.endsWith(`/${slot}-${metadata.name}.yaml`)) {
      problems.push(
        `${path}: the HelmRelease is ${metadata.name}, not what the file is named after`,
      );
    }
    const { chart, version } = spec.chart.spec;
    const actual = versions.get(chart);
    if (version !== actual) {
      problems.push(`${path} pins ${chart} ${version}, but the chart is ${actual ?? "not here"}`);
    }
    add(path, metadata.name, {
      slot,
      dependsOn: (spec.dependsOn ?? []).map(({ name }) => name),
    });
  }
  for (const { path, text } of blueprints) {
    const { metadata, spec } = load(text) as Blueprint;
    add(path, metadata.name, {
      dependsOn: (spec.depends ?? []).map(({ blueprint }) => blueprint),
    });
  }
  return { dependencies, problems };
}

/** Reads the file of expected dependencies. */
export function readExpected(text: string): Dependencies {
  const { slots } = load(text) as { slots: Record<string, Waiting> };
  return new Map(Object.entries(slots));
}

function documents(text: string): Release[] {
  return text
    .split(/^---$/m)
    .filter((part) => /^[^#\s]/m.test(part))
    .map((part) => load(part) as Release);
}
