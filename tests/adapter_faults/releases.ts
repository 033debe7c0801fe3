import type { KubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import type { Random } from "../router/random.ts";

const NAMESPACE = "flux-system";

/**
 * Releases that change all the time. Each write of a status carries a revision that is one higher
 * than the one before, and no name is used again, so that whoever shows an older state is found out.
 */
export class Releases {
  readonly #admin: KubeClient;
  readonly #random: Random;
  readonly #alive: string[] = [];
  #made = 0;
  #revision = 0;

  constructor(admin: KubeClient, random: Random) {
    this.#admin = admin;
    this.#random = random;
  }

  /** Makes releases to begin with. */
  async make(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#create();
  }

  /** Changes something: mostly a status, at times which releases there are. */
  async change(): Promise<void> {
    const dice = this.#random.below(10);
    if (dice === 0) return await this.#create();
    if (dice === 1 && this.#alive.length > 5) return await this.#remove();
    await this.#write(this.#random.pick(this.#alive));
  }

  async #create(): Promise<void> {
    const name = `app-${this.#made++}`;
    const before = this.#alive.at(-1);
    await this.#admin.create({
      ...reference(name),
      spec: {
        interval: "5m",
        chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
        ...(before === undefined ? {} : { dependsOn: [{ name: before }] }),
      },
    });
    this.#alive.push(name);
    await this.#write(name);
  }

  async #remove(): Promise<void> {
    const [name] = this.#alive.splice(this.#random.below(this.#alive.length), 1);
    if (name !== undefined) await this.#admin.remove(reference(name));
  }

  async #write(name: string): Promise<void> {
    const [status, reason] = this.#random.pick(ENDS);
    const condition = {
      type: "Ready",
      status,
      reason,
      message: `revision ${++this.#revision}`,
      lastTransitionTime: new Date().toISOString().slice(0, 19) + "Z",
      observedGeneration: 1,
    };
    const patch = {
      observedGeneration: 1,
      conditions: [condition],
      lastAttemptedRevision: `1.0.${this.#revision}`,
    };
    await this.#admin.patch(reference(name), { status: patch }, "status");
  }
}

const ENDS = [
  ["True", "UpgradeSucceeded"],
  ["False", "UpgradeFailed"],
  ["False", "DependencyNotReady"],
  ["Unknown", "Progressing"],
] as const;

function reference(name: string): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: NAMESPACE },
  };
}
