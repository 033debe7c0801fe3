import { type Clock, systemClock } from "../../contracts/clock.ts";
import type { Informer } from "../../kube/informer.ts";
import type { Seen } from "../../kube/seen.ts";
import { addressOf, type ObjectLookup } from "./object_lookup.ts";

/** How often is asked beside the watch: for one that was made and deleted before it was told of. */
const ASK_MS = 30_000;

export interface ObjectEndOptions<T, R> {
  readonly informer: Informer<Seen<T>>;
  readonly lookup: ObjectLookup;
  /** `namespace/name` */
  readonly key: string;
  /** What is waited for; undefined as long as it has not come. */
  readonly endOf: (object: T) => R | undefined;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Waits until an object has come to its end.
 *
 * @throws the signal's reason when it fires first; an error when the object was deleted
 */
export function objectEnd<T, R>(
  { informer, lookup, key, endOf, signal, clock = systemClock }: ObjectEndOptions<T, R>,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const look = (seen: Seen<T> | undefined): boolean => {
      const end = seen?.value === undefined ? undefined : endOf(seen.value);
      if (end === undefined) return false;
      done();
      resolve(end);
      return true;
    };
    const fail = (error: unknown) => {
      done();
      reject(error);
    };
    const gone = () => fail(new Error(`${informer.kind} ${key} was deleted before it ended`));
    const aborted = () => fail(signal.reason);
    const ask = () => {
      cancel = clock.after(ASK_MS, ask);
      lookup.get({ gvr: informer.gvr, ...addressOf(key) }).then((object) => {
        if (isDone) return;
        if (object === undefined) gone();
        else look(informer.read(object));
      }, () => {
        // The watch, or the next time.
      });
    };
    let isDone = false;
    let cancel = clock.after(ASK_MS, ask);
    const stop = informer.onChange(({ key: changed, object, previous }) => {
      if (changed !== key) return;
      if (object === undefined && previous !== undefined) gone();
      else look(object);
    });
    const done = () => {
      isDone = true;
      cancel();
      stop();
      signal.removeEventListener("abort", aborted);
    };
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted);
    look(informer.get(key));
  });
}
