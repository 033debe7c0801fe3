import { type Clock, systemClock } from "../../contracts/clock.ts";
import type { KubeFetch } from "../../kube/client.ts";
import { getObject } from "../../kube/get_object.ts";
import type { ObjectAddress } from "../../kube/object_writer.ts";
import { type KubeObject, objectKey } from "../../kube/resources.ts";
import { retried } from "./retry.ts";

/** Attempts, and the pause after the first; it doubles. The original's figures. */
const ATTEMPTS = 3;
const PAUSE_MS = 50;
const TIMEOUT_MS = 2_000;

export interface ObjectLookupOptions {
  readonly client: { readonly fetch: KubeFetch };
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** The address of `namespace/name`, or of the bare name of what belongs to no namespace. */
export function addressOf(key: string): { readonly name: string; readonly namespace?: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
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

  #ask(address: ObjectAddress): Promise<KubeObject | undefined> {
    const { clock = systemClock, signal } = this.#options;
    return retried(
      () => getObject(address, { ...this.#options, timeoutMs: TIMEOUT_MS }),
      { attempts: ATTEMPTS, pauseMs: PAUSE_MS, clock, signal },
    );
  }
}
