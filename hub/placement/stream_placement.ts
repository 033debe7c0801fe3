import { type Clock, steadyClock } from "../../contracts/clock.ts";
import type { Claim } from "../server/admission.ts";
import { Code, Refusal } from "../server/refusal.ts";
import type { Owner, Placement } from "./owner.ts";

/** How long a stream waits for the news that its run is here; the other side dialled already. */
const WAIT_MS = 2_000;

/** Whether a hub takes a stream, passes it on, or sends it elsewhere. */
export class StreamPlacement {
  readonly #placement: Placement;
  readonly #clock: Clock;
  /** By run: whoever waits for news of it. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(placement: Placement, clock: Clock = steadyClock) {
    this.#placement = placement;
    this.#clock = clock;
    placement.onChange((namespace, storyRun) => {
      for (const look of this.#waiting.get(`${namespace}/${storyRun}`) ?? []) look();
    });
  }

  /**
   * The hub to pass a stream on to; undefined when this one takes it.
   *
   * @throws {Refusal} with the owner for a connector that follows, or when nobody is known
   */
  async place(claim: Claim): Promise<string | undefined> {
    const { self } = this.#placement;
    if (claim.taken !== undefined && claim.relayed !== undefined) {
      this.#placement.learn(claim.namespace, claim.storyRun, claim.relayed, claim.taken);
      throw new Refusal(Code.unavailable, "noted");
    }
    // Whoever was sent here by another hub knows more than this one has seen yet.
    const isSent = claim.relayed !== undefined || claim.follow === self;
    const owner = await this.#owner(claim, isSent);
    if (owner.at === "here") return undefined;
    if (owner.at === "unknown") throw new Refusal(Code.unavailable, owner.why);
    if (claim.relayed !== undefined || claim.follow !== undefined) {
      throw elsewhere(claim, owner.endpoint);
    }
    return owner.endpoint;
  }

  /**
   * Looks again, without waiting, when a stream is about to be taken.
   *
   * @throws {Refusal} when the run has gone elsewhere meanwhile
   */
  confirm(claim: Claim): void {
    const owner = this.#placement.ownerOf(claim.namespace, claim.storyRun);
    if (owner.at === "elsewhere") throw elsewhere(claim, owner.endpoint);
    if (owner.at === "unknown") throw new Refusal(Code.unavailable, owner.why);
  }

  /** The owner as soon as it is known, or what is known after a while. */
  #owner({ namespace, storyRun }: Claim, mustBeHere: boolean): Promise<Owner> {
    const look = () => this.#placement.ownerOf(namespace, storyRun);
    const settles = ({ at }: Owner) => at === "here" || at === "elsewhere" && !mustBeHere;
    const first = look();
    if (settles(first)) return Promise.resolve(first);
    return new Promise((resolve) => {
      const key = `${namespace}/${storyRun}`;
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const done = () => {
        cancel();
        waiting.delete(check);
        if (waiting.size === 0) this.#waiting.delete(key);
        resolve(look());
      };
      const check = () => {
        if (settles(look())) done();
      };
      const cancel = this.#clock.after(WAIT_MS, done);
      waiting.add(check);
    });
  }
}

function elsewhere({ namespace, storyRun }: Claim, endpoint: string): Refusal {
  return new Refusal(
    Code.unavailable,
    `StoryRun ${namespace}/${storyRun} is carried by ${endpoint}`,
    { owner: endpoint },
  );
}
