import { assert, assertEquals } from "@std/assert";
import { subscribe, type Subscription } from "../../client/subscribe.ts";
import { type Clock, systemClock } from "../../contracts/clock.ts";
import { snapshotOf } from "../../contracts/fold.ts";
import type { HelloReason } from "../../contracts/hello.ts";
import { waitFor } from "../cluster/wait_for.ts";
import type { RouterProcess } from "./router_process.ts";

/** Real time, but nobody waits long for another attempt. */
export const IMPATIENT: Clock = {
  now: systemClock.now,
  after: (ms, callback) => systemClock.after(Math.min(ms, 150), callback),
};

/**
 * What the router's heartbeat is taken for, in ms: silence is noticed after 2.5 of them, so that tests
 * need not wait for the router's own of 15 s. Readers need traffic then.
 */
const HEARTBEAT = 400;

/** A reader that checks the promise of continuity with every event. Disposing it ends it. */
export class Follower implements AsyncDisposable {
  readonly subscription: Subscription;
  /** How each stream began. */
  readonly hellos: HelloReason[] = [];
  /** Messages that came one after the other, snapshots of a start left out. */
  messages = 0;
  readonly #broken: string[] = [];
  #next: string | undefined;

  constructor(url: string, readonly flowId: string) {
    this.subscription = subscribe({
      url,
      flowId,
      clock: IMPATIENT,
      heartbeat: HEARTBEAT,
      onHello: ({ reason, recovered }) => {
        this.hellos.push(reason);
        if (!recovered) this.#next = undefined;
      },
      onMessage: (_message, { seq, epoch }) => {
        const here = `${seq}-${epoch}`;
        if (this.#next !== undefined) {
          this.messages++;
          if (here !== this.#next) this.#broken.push(`${here} instead of ${this.#next}`);
        }
        this.#next = `${seq + 1}-${epoch}`;
      },
      onError: (error) => {
        // A router that is gone, or says that it is about to go, is what these tests are about; one
        // that breaks its word is not.
        const isGone = ["network", "timeout"].includes(error.code) || error.status === 503;
        if (!isGone) this.#broken.push(error.message);
      },
    });
  }

  /** Whether it believes to be up to date. */
  get live(): boolean {
    return ["live", "resynced"].includes(this.subscription.connection.state);
  }

  /**
   * Waits until it holds what the router does.
   *
   * @throws {Error} when something came twice, or something that was missed did not come
   */
  async isWhole(router: RouterProcess): Promise<void> {
    const snapshot = await router.snapshot(this.flowId);
    assert(snapshot !== undefined, "there is nothing to hold");
    const { subscription } = this;
    await waitFor(`a reader at ${snapshot.cursor}`, () => {
      const { position } = subscription;
      return `${position?.seq}-${position?.epoch}` === snapshot.cursor;
    }, { describe: () => JSON.stringify([subscription.position, subscription.connection]) });
    assertEquals(snapshotOf(subscription.state), snapshot.message);
    assertEquals(this.#broken, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.subscription.close();
    await this.subscription.closed;
  }
}
