import { type Clock, sleep, systemClock } from "../../contracts/clock.ts";
import type { KubeFetch } from "../../kube/client.ts";
import { KubeError } from "../../kube/errors.ts";
import { getObject } from "../../kube/get_object.ts";
import type { ObjectAddress } from "../../kube/object_writer.ts";
import { type KubeObject, objectKey } from "../../kube/resources.ts";

/** Attempts, and the pause after the first; it doubles. The original's figures. */
const ATTEMPTS = 3;
const PAUSE_MS = 50;
const TIMEOUT_MS = 2_000;

/** Answers that asking again does not change. */
const FINAL: ReadonlySet<string> = new Set(["forbidden", "unauthorized", "invalid-request"]);

export interface ObjectLookupOptions {
  readonly client: { readonly fetch: KubeFetch };
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Asks the API server for objects that no watch has told of yet. However many ask for the same
 * object at a time, it is one request.
 */
export class ObjectLookup {
  readonly #options: ObjectLookupOptions;
  readonly #underWay = new Map<string, Promise<KubeObject | undefined>>();

  constructor(options: ObjectLookupOptions) {
    this.#options = options;
  }

  /**
   * The object as it is now, undefined when there is none: the answer is no cached one, so there is
   * nothing to wait for.
   *
   * @throws {KubeError} when three attempts failed
   */
  get(address: ObjectAddress): Promise<KubeObject | undefined> {
    const { gvr, name, namespace } = address;
    const id = `${gvr.resource}/${objectKey({ name, ...namespace ? { namespace } : {} })}`;
    const known = this.#underWay.get(id);
    if (known !== undefined) return known;
    const asked = this.#ask(address).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, asked);
    return asked;
  }

  async #ask(address: ObjectAddress): Promise<KubeObject | undefined> {
    const { clock = systemClock } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        return await getObject(address, { ...this.#options, timeoutMs: TIMEOUT_MS });
      } catch (error) {
        const isFinal = !(error instanceof KubeError) || FINAL.has(error.code);
        if (isFinal || attempt === ATTEMPTS || this.#options.signal.aborted) throw error;
      }
      await sleep(clock, PAUSE_MS * 2 ** (attempt - 1), this.#options.signal);
    }
  }
}
