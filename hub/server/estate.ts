import { needsOf } from "../../contracts/transport/story.ts";
import type { Book } from "../delivery/leg_ledger.ts";
import type { RunPlan } from "../story/run_plan.ts";

/** Packets that were lost on their way to a step. */
export interface Loss {
  readonly step: string;
  readonly lost: number;
}

interface Account {
  readonly taken: Map<string, number>;
  handed: number | undefined;
  counted: number;
}

/**
 * What hubs before this one have left of a run: packets that they took from producers, and did not
 * hand on. Only connectors know, each its own side, and tell when they come. The sums are compared
 * where every packet of the producers had to go to the one consumer and nowhere else; a hub that
 * decided by what is in packets took its decisions along.
 */
export class Estate {
  readonly #accounts = new Map<string, Account>();

  /**
   * A connector says what it had exchanged with a hub before this one.
   *
   * @returns what is known to be lost now and was not before
   */
  tell(plan: RunPlan, step: string, book: Book): Loss[] {
    const consumer = soleConsumer(plan, step);
    if (producersOf(plan, step) !== undefined) this.#account(step).handed = book.received;
    if (consumer !== undefined) this.#account(consumer).taken.set(step, book.sent);
    return [step, ...(consumer === undefined ? [] : [consumer])]
      .map((id) => ({ step: id, lost: this.#lost(this.#account(id)) }))
      .filter(({ lost }) => lost > 0);
  }

  #account(step: string): Account {
    let account = this.#accounts.get(step);
    if (account === undefined) {
      this.#accounts.set(step, account = { taken: new Map(), handed: undefined, counted: 0 });
    }
    return account;
  }

  #lost(account: Account): number {
    if (account.handed === undefined) return 0;
    const taken = account.taken.values().reduce((sum, count) => sum + count, 0);
    const lost = Math.max(0, taken - account.handed - account.counted);
    account.counted += lost;
    return lost;
  }
}

/** The consumer that gets every packet of a step, and that gets packets of such steps alone. */
function soleConsumer(plan: RunPlan, step: string): string | undefined {
  const consumers = consumersOf(plan, step);
  const [consumer] = consumers;
  if (consumers.length !== 1 || consumer === undefined) return undefined;
  return producersOf(plan, consumer) === undefined ? undefined : consumer;
}

/** The producers of a step that send to it alone, when it has no others. */
function producersOf(plan: RunPlan, step: string): string[] | undefined {
  const found = plan.steps.get(step);
  if (found === undefined || found.isPrimitive || found.isBatch) return undefined;
  if (found.step.if !== undefined) return undefined;
  if (found.policies.delivery.semantics !== "best_effort") return undefined;
  const producers = [...plan.steps.keys()].filter((id) => consumersOf(plan, id).includes(step));
  const plain = producers.every((id) => {
    const producer = plan.steps.get(id);
    return consumersOf(plan, id).length === 1 && producer?.isPrimitive === false &&
      producer.policies.delivery.semantics === "best_effort" &&
      producer.settings.routing?.rules === undefined;
  });
  return producers.length > 0 && plain ? producers : undefined;
}

/** Steps after this one that need it, or that need nothing and so follow every step before them. */
function consumersOf(plan: RunPlan, step: string): string[] {
  const ids = [...plan.steps.keys()];
  const { steps } = plan.story.spec;
  return ids.slice(ids.indexOf(step) + 1).filter((id) => {
    const found = plan.steps.get(id);
    if (found === undefined) return false;
    const needs = needsOf(found.step, steps);
    return needs.length === 0 || needs.includes(step);
  });
}
