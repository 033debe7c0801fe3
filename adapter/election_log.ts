import type { Logger } from "../contracts/logger.ts";
import type { ElectionState } from "../kube/lease_election.ts";
import { QUICK_DENIALS } from "../kube/retry_plan.ts";

/** Says who leads whenever that changes, and what is wrong with the lease once. */
export class ElectionLog {
  readonly #log: Logger;
  readonly #identity: string;
  readonly #lease: string;
  #before: ElectionState | undefined;
  #trouble: string | undefined;
  #denials = 0;

  constructor(
    log: Logger,
    { namespace, name, identity }: { namespace: string; name: string; identity: string },
  ) {
    this.#log = log;
    this.#identity = identity;
    this.#lease = `${namespace}/${name}`;
  }

  tell(state: ElectionState): void {
    const before = this.#before;
    this.#before = state;
    this.#tellTrouble(state);
    const lease = this.#lease;
    if (state.role === "leader" && before?.role !== "leader") {
      return this.#log("INFO", "leading", { lease, transitions: state.transitions ?? 0 });
    }
    if (before?.role === "leader" && state.role === "candidate") {
      const { holder } = state;
      return this.#log("WARN", "not leading any more, posting nothing", {
        lease,
        ...(holder === undefined || holder === this.#identity ? {} : { leader: holder }),
      });
    }
    const { holder } = state;
    const isOther = holder !== undefined && holder !== this.#identity;
    if (state.role === "candidate" && isOther && holder !== before?.holder) {
      this.#log("INFO", "standing by", { lease, leader: holder });
    }
  }

  #tellTrouble({ error, role }: ElectionState): void {
    const isDenied = error?.code === "forbidden" || error?.code === "not-found";
    this.#denials = isDenied ? this.#denials + 1 : 0;
    if (error === undefined) {
      if (this.#trouble !== undefined) this.#log("INFO", "lease answers again");
      this.#trouble = undefined;
      return;
    }
    // An API server that has just started denies everything for a moment. What stays needs somebody.
    const isLasting = this.#denials > QUICK_DENIALS;
    // An unreachable API server fails in many words.
    const trouble = isLasting ? `lasting ${error.code}` : error.code;
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.#log(isLasting ? "ERROR" : "WARN", "lease cannot be used, will retry", {
      lease: this.#lease,
      code: error.code,
      err: error.message,
      ...(role === "leader" ? {} : { posting: false }),
    });
  }
}
