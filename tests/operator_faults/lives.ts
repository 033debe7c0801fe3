import {
  binding,
  CHAIN,
  run,
  type Step,
  story,
  UNLINKED,
} from "../../operator/transport/testing/objects.ts";
import { workloadName } from "../../operator/transport/workload_name.ts";
import { KubeApiError, type KubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { becomes, find, fresh, report } from "../operator/bobrapet.ts";

/** A sort of Story that a run can be of. */
export interface Sort {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Whether its steps hand over, and have Engrams of their own that mirror the transport. */
  readonly isRich?: true;
}

/** All ways that the operator can decide. */
export const SORTS: readonly Sort[] = [
  { name: "peers", steps: CHAIN },
  { name: "mediated", steps: UNLINKED },
  {
    name: "mixed",
    steps: [
      { name: "step-a" },
      { name: "step-b", needs: ["step-a"] },
      { name: "step-c", needs: ["step-b"], if: '{{ eq packet.type "x" }}' },
    ],
  },
  { name: "rich", steps: CHAIN, isRich: true },
];

export function storyOf({ name, steps }: Sort): KubeObject {
  const made = fresh(story(steps));
  return { ...made, metadata: { ...made.metadata, name } };
}

/** One run from its creation to its end, as users, bobrapet and connectors make it, step by step. */
export class Life {
  readonly run: KubeObject;
  readonly bindings: readonly KubeObject[];
  readonly #others: readonly KubeObject[];
  readonly #admin: KubeClient;
  readonly name: string;
  readonly sort: Sort;

  constructor(admin: KubeClient, sort: Sort, name: string) {
    this.#admin = admin;
    this.sort = sort;
    this.name = name;
    this.run = { ...fresh(run(name)), spec: { storyRef: { name: sort.name } } };
    const rawSettings = { lifecycle: { strategy: "drain_cutover" } };
    this.bindings = sort.steps.map((step) =>
      fresh(binding(step.name, { run: name, ...(sort.isRich ? { rawSettings } : {}) }))
    );
    this.#others = sort.isRich
      ? sort.steps.flatMap((step) => [stepRun(name, step.name), engram(name, step.name)])
      : [];
  }

  /** All that happens to it, in order. */
  steps(): (() => Promise<void>)[] {
    const create = (object: KubeObject) => async () => void await this.#admin.create(object);
    return [
      create(this.run),
      ...this.#others.map(create),
      ...this.bindings.map(create),
      ...this.bindings.map((one) => () => this.#report(one)),
    ];
  }

  async delete(): Promise<void> {
    await this.#admin.remove(this.run);
  }

  async isReady(): Promise<void> {
    await becomes(this.#admin, this.run, "Ready", /^True\/TransportReady/);
  }

  /** Waits until the API server does not know it any more, which no finalizer outlives. */
  async isGone(): Promise<void> {
    let finalizers: unknown;
    await waitFor(`${this.name} to go`, async () => {
      const found = await find(this.#admin, this.run);
      finalizers = found?.metadata.finalizers;
      return found === undefined;
    }, { describe: () => `its finalizers are ${JSON.stringify(finalizers)}` });
  }

  /** What garbage collection does after a run. */
  async sweep(): Promise<void> {
    for (const object of [...this.bindings, ...this.#others]) {
      if (await find(this.#admin, object) !== undefined) await this.#admin.remove(object);
    }
  }

  /** What the operator has made of it, without what differs between any two runs. */
  async shape(): Promise<string> {
    const objects = await Promise.all(
      [this.run, ...this.bindings, ...this.#others].map((one) => find(this.#admin, one)),
    );
    return JSON.stringify(
      objects.map((object) => [
        object?.kind,
        object?.metadata.annotations,
        object?.metadata.finalizers,
        object?.status,
      ]),
      (key, value) =>
        ["lastTransitionTime", "updatedAt"].includes(key)
          ? undefined
          : key === "conditions"
          ? [...value].sort((a, b) => a.type < b.type ? -1 : 1)
          : value,
      1,
    ).replaceAll(this.name, "<run>");
  }

  /** As a connector does: against whatever the operator has written meanwhile. */
  async #report(one: KubeObject): Promise<void> {
    await waitFor("the report to be taken", async () => {
      try {
        await report(this.#admin, one);
        return true;
      } catch (error) {
        if (error instanceof KubeApiError && error.code === 409) return false;
        throw error;
      }
    });
  }
}

function stepRun(runName: string, step: string): KubeObject {
  return {
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StepRun",
    metadata: { name: `${runName}-${step}`, namespace: "demo" },
    spec: { storyRunRef: { name: runName }, stepId: step },
  };
}

function engram(runName: string, step: string): KubeObject {
  return {
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Engram",
    metadata: { name: workloadName(runName, step), namespace: "demo" },
    spec: { templateRef: { name: "echo" } },
  };
}
